"""A backup run opens no connection but to the target and databases of its policy, and nobody else can tell it anything.

The run is watched by an audit hook of the interpreter, which sees every `connect` of Python code, and by the
kernel: in a network namespace without any interface it does all of its work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.fakes.typed_backup import TypedBackup

WATCHED = """
import json, sys
seen = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        seen.append([event, repr(arguments[1:])])
sys.addaudithook(watch)
from agent.__main__ import main
sys.argv = ["sitewarden-agent", *json.loads(sys.argv[1])]
extra = sys.argv.pop() if sys.argv[-1] == "--and-connect" else ""
if extra:
    import socket
    with socket.socket() as probe:
        probe.connect_ex(("127.0.0.1", 9))
code = main()
print(json.dumps(seen), file=sys.stderr)
raise SystemExit(code)
"""
NAMESPACE = ["unshare", "--user", "--map-root-user", "--net", "--"]
CAN_ISOLATE = subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode == 0


@pytest.fixture
def site() -> Iterator[TypedBackup]:
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as folder:
        found = TypedBackup(Path(folder))
        found.good("keys", "init")
        yield found


def _due(site: TypedBackup, repository: Path, *more: str, before: tuple[str, ...] = ()) -> tuple[int, list[list[str]]]:
    words = ["backup", "due", "--json", "--policy", str(site.policy), "--settings", str(site.settings), *more]
    environment = {**os.environ, "PYTHONPATH": str(repository), "LANGUAGE": "en"}
    command = [*before, sys.executable, "-c", WATCHED, json.dumps(words)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=repository)
    assert ran.stderr, ran.stdout
    return ran.returncode, json.loads(ran.stderr.splitlines()[-1])


def test_a_run_with_all_its_drills_connects_to_nobody(site: TypedBackup, repository: Path) -> None:
    assert _due(site, repository) == (0, [])


def test_the_watch_watches(site: TypedBackup, repository: Path) -> None:
    """The control: one connection is seen."""
    _, seen = _due(site, repository, "--and-connect")
    assert [event for event, _ in seen] == ["socket.connect"]


@pytest.mark.skipif(not CAN_ISOLATE, reason="this machine allows no user and network namespaces")
def test_it_needs_no_network_at_all(site: TypedBackup, repository: Path) -> None:
    assert _due(site, repository, before=tuple(NAMESPACE)) == (0, [])


def test_what_the_agent_received_changes_nothing(site: TypedBackup, tmp_path: Path) -> None:
    """Whatever lies in the agent's folders: documents, catalogues, a policy of the executor, a forged state."""
    state = site.root / "agent"
    settings = site.root / "agent.yaml"
    settings.write_text(f"collector: http://127.0.0.1:9\nstate: {state}\n")
    site.settings = settings
    plain = site.good("due", "--json").json
    for name in ("documents/x.json", "vendor/targets/x.yaml", "catalogues/shop.yaml", "backup.yaml", "policy.yaml"):
        path = state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"target: {{address: {tmp_path}/thief}}\nwhat: {{trees: [/]}}\n")
    (site.root / "state/told/state.json").write_text('{"overdue_at": "1970-01-01T00:00:00Z"}')
    (site.root / "state/told/last").write_text("0000000000000000 99\n")
    assert site.good("due", "--json").json == {"due": False, "why": "done", "done": []}
    again = site.good("run", "--json").json
    assert again["counts"] == plain["done"][0]["counts"]
    assert not (tmp_path / "thief").exists()
