from __future__ import annotations

import subprocess
import sys
import uuid

from agent.health.processes import read_processes
from agent.settings.model import WatchedProcess


def test_a_process_is_found_by_its_command_line_and_missed_when_it_is_gone() -> None:
    mark = f"marker-{uuid.uuid4().hex}"
    watched = [WatchedProcess(name="app", command=mark)]
    code = "import sys; print('up', flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code, mark], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdin is not None
    child.stdout.readline()
    (found,) = read_processes(watched)
    assert found.sample.running == 1
    assert found.sample.rss_bytes > 0
    assert {pid for pid, _ in found.members} == {child.pid}
    child.kill()
    child.stdin.close()
    child.stdout.close()
    # killed and not yet waited for: a zombie does not count
    for _ in range(1_000):
        (found,) = read_processes(watched)
        if not found.sample.running:
            break
    assert found.sample.running == 0
    child.wait()


def test_nothing_watched_nothing_is_looked_at() -> None:
    assert read_processes([]) == []
