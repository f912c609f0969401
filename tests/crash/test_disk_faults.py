"""A disk that lies, breaks or goes read-only under the spool, and a file server that does not answer under a log.

The faults are injected below Python, in the C library, or by mounts in a namespace of our own.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.crash import replay

COMPILER = shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler (Debian packages gcc and libc6-dev)")

DEPOSITS = """
import json, os, sys
from pathlib import Path
from agent.spool import Cursor, Deposit, SpoolFull
from tests.crash import replay
from tests.fakes.agent_parts import a_spool, an_event
folder, count = Path(sys.argv[1]), int(sys.argv[2])
trace, carelessly = os.environ.get("FAULT_TRACE"), "carelessly" in sys.argv
spool, said, refused = None, 0, 0
try:
    spool = a_spool(folder)
except Exception as error:
    refused += 1
for number in range(1, count + 1):
    try:
        spool = spool or a_spool(folder)
        if carelessly:
            spool._database._connection.execute("PRAGMA synchronous = OFF")
        stored = next((cursor.position for cursor in spool.cursors("app")), 0)
        cursor = Cursor("app", "/l", 1, 2, "h", 4, 0, stored + 1, stored + 1)
        event = an_event(stored + 1, code=f"C-{stored + 1}")
        spool.deposit(Deposit(events=[event], cursors=[cursor]))
        said = stored + 1
        if trace:
            replay.promise(Path(trace), said)
    except SpoolFull:
        refused += 1
if spool:
    spool.close()
print(json.dumps([said, refused]))
"""

VERIFY = """
import json, sys
from pathlib import Path
from tests.crash.test_spool_kill import held
from tests.fakes.agent_parts import a_spool
spool = a_spool(Path(sys.argv[1]))
position = next((cursor.position for cursor in spool.cursors("app")), 0)
print(json.dumps([held(spool), position, spool.stand().gaps, spool._read("PRAGMA integrity_check")[0][0]]))
spool.close()
"""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    library = tmp_path_factory.mktemp("faulty") / "faulty.so"
    source = str(repository / "tests/crash/faulty_libc.c")
    command = [COMPILER or "cc", "-shared", "-fPIC", "-O1", "-o", str(library), source, "-ldl"]
    subprocess.run(command, check=True)
    return library


def run(repository: Path, child: str, *arguments: str, **environment: str) -> list[object]:
    ran = subprocess.run(
        (sys.executable, "-c", child, *arguments),
        capture_output=True,
        text=True,
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)} | environment,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: list[object] = json.loads(ran.stdout.splitlines()[-1])
    return found


@needs_compiler
@pytest.mark.crash
@pytest.mark.parametrize("at", [1, 3, 13, 50])
def test_a_failing_fsync_is_never_taken_for_a_durable_commit(
    tmp_path: Path, repository: Path, faulty: Path, at: int
) -> None:
    fired = tmp_path / "fired"
    environment = {"LD_PRELOAD": str(faulty), "FAULT_UNDER": f"{tmp_path}/spool", "FAULT_FIRED": str(fired)}
    said, refused = run(repository, DEPOSITS, str(tmp_path), "60", FAIL_FSYNC_AT=str(at), **environment)
    assert fired.exists()
    assert isinstance(said, int)
    numbers, position, gaps, health = run(repository, VERIFY, str(tmp_path))
    assert (numbers, gaps, health) == (list(range(1, said + 1)), 0, "ok")
    assert position == said >= 55
    assert refused in (0, 1, 2)


@needs_compiler
@pytest.mark.crash
def test_short_writes_are_finished(tmp_path: Path, repository: Path, faulty: Path) -> None:
    fired = tmp_path / "fired"
    environment = {"LD_PRELOAD": str(faulty), "FAULT_UNDER": f"{tmp_path}/spool", "FAULT_FIRED": str(fired)}
    said, refused = run(repository, DEPOSITS, str(tmp_path), "60", SHORT_WRITES="1", **environment)
    assert (said, refused, fired.exists()) == (60, 0, True)
    assert run(repository, VERIFY, str(tmp_path)) == [list(range(1, 61)), 60, 0, "ok"]


HANGING = """
import json, pathlib, sys, threading, time
from agent.logs.hands import Hands
from agent.logs.reader import LogReader
from msgspec.structs import replace
from tests.fakes.logs import START, Site, numbered, numbers
folder, flag = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
(folder / "server").mkdir(); (folder / "disk").mkdir()
site = Site(folder / "server", catalogue=str(folder / "disk/catalogue.yaml"))
(folder / "server/catalogue.yaml").rename(folder / "disk/catalogue.yaml")
other = replace(site.source, name="other", path=str(folder / "disk/app.log"))
site.log.touch(); (folder / "disk/app.log").touch()
hands = Hands(patience_s=0.3)
reader = LogReader([site.source, other], site.intake, hands=hands)
reader.turn(START)
flag.touch()
site.write(numbered(1)); site.write(numbered(2), folder / "disk/app.log")
began = time.monotonic()
for _ in range(5):
    reader.turn(START)
while_stuck = numbers(site.intake.events)
problems = [state.problem for state in reader.problems() if state.problem]
took = time.monotonic() - began
flag.unlink()
until = time.monotonic() + 10
while hands.stuck and time.monotonic() < until:
    time.sleep(0.01)
reader.turn(START)
after = sorted(numbers(site.intake.events))
well = [state.problem for state in reader.problems() if state.problem]
reader.close()
print(json.dumps([while_stuck, problems, took, after, well]))
"""


@needs_compiler
@pytest.mark.crash
def test_a_read_that_does_not_return_stops_neither_the_other_logs_nor_the_status(
    tmp_path: Path, repository: Path, faulty: Path
) -> None:
    flag = tmp_path / "hang"
    environment = {"LD_PRELOAD": str(faulty), "FAULT_UNDER": f"{tmp_path}/server", "FAULT_HANG": str(flag)}
    while_stuck, problems, took, after, well = run(repository, HANGING, str(tmp_path), str(flag), **environment)
    assert while_stuck == [2]
    assert isinstance(problems, list)
    assert "has not answered since" in problems[0]
    assert isinstance(took, float)
    assert took < 2  # one patience, not one for each turn
    assert (after, well) == ([1, 2], [])


MOUNTED = """
import subprocess, sys
from datetime import timedelta
from pathlib import Path
from agent.spool import Cursor, Deposit, SpoolFull
from tests.crash.test_spool_kill import held
from tests.fakes.agent_parts import a_health, a_spool, an_event
from wire.messages import EXAMPLE_TIME
folder, fault = Path(sys.argv[1]), sys.argv[2]

def deposit(spool, number):
    cursor = Cursor("app", "/l", 1, 2, "h", 4, 0, number, number)
    spool.deposit(Deposit(events=[an_event(number, code=f"C-{number}")], cursors=[cursor]))

spool = a_spool(folder)
for number in range(1, 11):
    deposit(spool, number)
if fault == "read-only":
    spool._database.close()  # the kernel takes no file system away from a writer; a failing disk does
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
else:
    others = []
    try:
        for number in range(10_000):
            others.append(folder / f"other-{number}"); others[-1].touch()
    except OSError:
        pass
refused = 0
for number in range(11, 14):
    try:
        deposit(spool, number)
    except SpoolFull:
        refused += 1
if fault == "read-only":
    for number in range(30):
        spool.deposit(Deposit(health=a_health(EXAMPLE_TIME + timedelta(minutes=number))))
    spool.deposit(Deposit(events=[an_event(99, product="host", code="H-99")], levels=[("disk", "firing")]))
    assert "31 records wait in memory" in spool.stand().problem
spool.tend()
assert spool.stand().is_full == (fault == "read-only")
last = 10 if fault == "read-only" else spool.cursors("app")[0].position
assert last == (10 if fault == "read-only" else 13 - refused), (last, refused)
assert fault != "read-only" or refused == 3
if fault == "read-only":
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
else:
    for other in others:
        other.unlink(missing_ok=True)
spool.tend()
for number in range(last + 1, 21):
    deposit(spool, number)
ours = [99] if fault == "read-only" else []
assert sorted(held(spool)) == [*range(1, 21), *ours]
assert spool.stand().usage.health_rows == (30 if ours else 0)
assert spool.levels() == ({"disk": "firing"} if ours else {}) and "memory" not in spool.stand().problem
spool.close()
spool = a_spool(folder)
assert sorted(held(spool)) == [*range(1, 21), *ours] and spool.stand().gaps == 0
spool.close()
print('["well"]')
"""


@pytest.mark.crash
@pytest.mark.parametrize(("fault", "options"), [("read-only", "size=32m"), ("inodes", "size=32m,nr_inodes=12")])
def test_a_file_system_that_takes_nothing_for_a_while(
    tmp_path: Path, repository: Path, fault: str, options: str
) -> None:
    script = f'mount -t tmpfs -o {options} none {tmp_path} && exec {sys.executable} -c "$0" {tmp_path} {fault}'
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, MOUNTED],
        capture_output=True,
        text=True,
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)},
        check=False,
    )
    if "unshare:" in ran.stderr or "mount:" in ran.stderr:
        pytest.skip(f"no namespace of our own here: {ran.stderr.strip()}")
    assert ran.stdout.splitlines()[-1:] == ['["well"]'], ran.stderr


STARVED = """
import json, pathlib, resource, sys
from tests.fakes.logs import Site, numbered, numbers
site = Site(pathlib.Path(sys.argv[1]))
site.log.touch(); site.read()
used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 96 * 2**20, resource.RLIM_INFINITY))
with site.log.open("ab") as file:
    for number in range(200):
        file.write(bytes([120]) * 2**20)
        file.write(b"\\n" + numbered(number).encode())
failures = 0
for _ in range(2_000):
    try:
        if site.reader.turn(site.now) > 0:
            break
    except MemoryError:
        failures += 1
site.reader.close()
print(json.dumps([numbers(site.intake.events), failures]))
"""


@pytest.mark.crash
def test_reading_goes_on_with_96_megabytes_left(tmp_path: Path, repository: Path) -> None:
    """RLIMIT_AS: what the agent needs beyond what it has does not grow with the log."""
    found, failures = run(repository, STARVED, str(tmp_path))
    assert (found, failures) == (list(range(200)), 0)


WITHOUT_THREADS = """
import json, os, pathlib, resource, sys, threading
from tests.fakes.logs import Site, numbered, numbers
folder = pathlib.Path(sys.argv[1])
site = Site(folder)
site.log.touch()
os.chown(folder, 64999, 64999); os.chown(site.log, 64999, 64999)
os.setresgid(64999, 64999, 64999); os.setresuid(64999, 64999, 64999)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
refused = 0
try:
    threading.Thread(target=print).start()
except RuntimeError:
    refused = 1
site.read()
site.write(numbered(1, 2, 3))
found = numbers(site.read())
alone = threading.active_count()
site.reader.close()
print(json.dumps([found, refused, alone]))
"""


@pytest.mark.crash
@pytest.mark.root
def test_a_limit_of_threads_leaves_the_logs_read() -> None:
    """RLIMIT_NPROC of an account that owns nothing else; root itself is never limited."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another account: the limit of threads is not tested")
    repository = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # pytest's own folders are closed to other accounts
        assert run(repository, WITHOUT_THREADS, folder) == [[1, 2, 3], 1, 1]


CUT = """
import json, os, sys
from pathlib import Path
from tests.crash.test_spool_kill import held
from tests.fakes.agent_parts import a_spool
kept = []
for folder in sorted(Path(sys.argv[1]).iterdir(), key=lambda each: int(each.name)):
    spool = a_spool(folder)
    position = next((cursor.position for cursor in spool.cursors("app")), 0)
    kept.append([held(spool), position, spool._read("PRAGMA integrity_check")[0][0]])
    spool.close()
print(json.dumps(kept))
"""


def broken_promises(tmp_path: Path, repository: Path, faulty: Path, *how: str, **environment: str) -> list[str]:
    """Cuts the power after many of the writes of twelve deposits; what is then missing or damaged, by cut.

    The files are made again from the record of every write: all that was flushed, and by chance what was not.
    """
    trace, spool = tmp_path / "trace", tmp_path / "spool"
    spool.mkdir()
    environment |= {"LD_PRELOAD": str(faulty), "FAULT_UNDER": f"{spool}/spool.db", "FAULT_TRACE": str(trace)}
    said, _ = run(repository, DEPOSITS, str(spool), "12", *how, **environment)
    steps = replay.read_steps(trace)
    promises = [at for at, step in enumerate(steps) if step.kind == "P"]
    assert (said, len(promises), replay.promised(steps)) == (12, 12, 12)
    cuts = sorted({*range(promises[0], len(steps), 7), *(at + 1 for at in promises), len(steps)})
    for at in cuts:
        (tmp_path / "cuts" / str(at)).mkdir(parents=True)
        replay.rebuild(steps[:at], tmp_path / "cuts" / str(at), random.Random(at))
    broken = []
    for at, found in zip(cuts, run(repository, CUT, str(tmp_path / "cuts")), strict=True):
        assert isinstance(found, list)
        numbers, position, health = found
        is_whole = (numbers, health) == (list(range(1, position + 1)), "ok")
        if not is_whole or position < replay.promised(steps[:at]):
            broken.append(f"{at}: {position} of {replay.promised(steps[:at])}, {health}")
    return broken


@needs_compiler
@pytest.mark.crash
def test_power_that_fails_after_any_write_loses_only_what_was_not_committed(
    tmp_path: Path, repository: Path, faulty: Path
) -> None:
    assert broken_promises(tmp_path, repository, faulty) == []


@needs_compiler
@pytest.mark.crash
@pytest.mark.parametrize("control", ["a disk that only says it flushed", "a spool that does not ask for it"])
def test_without_flushing_the_same_cuts_lose_what_was_promised(
    tmp_path: Path, repository: Path, faulty: Path, control: str
) -> None:
    """The negative control of the test above: its green result comes from the flushes and from nothing else."""
    if control.startswith("a disk"):
        broken = broken_promises(tmp_path, repository, faulty, DROP_FLUSHES="1")
    else:
        broken = broken_promises(tmp_path, repository, faulty, "carelessly")
    assert len(broken) >= 10, broken
