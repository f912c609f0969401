"""A customer's server that really boots: Debian's systemd as PID 1 in namespaces of its own.

The root is an overlay: the shared image below, this host's own files above, in `folder`. So a host can be
switched off, or lose its power, and boot again with what was on its disk.

Its network is a namespace that outlives the boots and holds nothing but loopback. `beside` starts a
process of ours there, a collector for instance, at the addresses 127.0.0.1 that the host sees.

Nothing here needs machined or a bus of the machine it runs on, and nothing outlives us, however we end:
systemd-nspawn is the first process of namespaces of its own, so mounts and processes go with it, and it
goes with the process that started it (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.lab.waiting import wait_until

TOOLS: Final = ("ip", "mmdebstrap", "nsenter", "setpriv", "systemd-nspawn", "unshare")
BOOT_S: Final = 30.0
STOP_S: Final = 20.0
COMMAND_S: Final = 60.0
ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
DIES_WITH_US: Final = ("setpriv", "--pdeathsig", "KILL")
MOUNT_AND_BOOT: Final = """
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root" &&
exec systemd-nspawn --quiet --directory="$2/root" --machine="$3" --network-namespace-path=/proc/self/ns/net \
  --register=no --keep-unit --boot --console=pipe
"""
UNSHARE: Final = ("unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child=KILL", "--mount-proc")
FIRST: Final = re.compile(r"^NSpid:.*\t1$", re.MULTILINE)  # its process id is 1 where it lives
POWER_BUTTON: Final = signal.SIGRTMIN + 4  # what systemd as PID 1 takes for an orderly shutdown

_numbers = itertools.count(1)


def missing_tools() -> list[str]:
    """What is not installed here; as root too, when we are not."""
    return [name for name in TOOLS if shutil.which(name) is None] + ([] if os.geteuid() == 0 else ["root"])


class Host:
    """One server. `booted` makes it."""

    def __init__(self, image: Path, folder: Path, network: int) -> None:
        self._image = image
        self._folder = folder
        self._network = Path(f"/proc/{network}/ns/net")
        self._process: subprocess.Popen[bytes] | None = None
        self._nspawn = self._leader = 0  # process ids as we see them
        self.boots = 0
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True)

    @property
    def root(self) -> Path:
        """The host's own files, as seen from outside while it runs."""
        return Path(f"/proc/{self._leader}/root")

    def boot(self) -> None:
        """Switch it on, and wait until its services are up."""
        self.boots += 1
        name = f"lab-{os.getpid()}-{next(_numbers)}"
        command = self.beside([*UNSHARE, "sh", "-c", MOUNT_AND_BOOT, "sh", self._image, self._folder, name])
        with (self._folder / "console.log").open("ab") as console:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        wait_until(self._is_up, "the services of the host are up", BOOT_S)

    def switch_off(self) -> None:
        """An orderly shutdown, as by its power button."""
        if self._process is not None:
            self._end(self._leader, POWER_BUTTON)

    def cut_power(self) -> None:
        """End every process at once. What the kernel had taken to write is on the disk."""
        if self._process is not None:
            self._end(self._nspawn, signal.SIGKILL)  # the first of its namespace: no other one is left over

    def run(
        self, command: Sequence[str], *, user: str = "", stdin: str = "", timeout_s: float = COMMAND_S
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the host to its end, as root or as `user`."""
        if user:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command]
        return subprocess.run(
            ["nsenter", f"--target={self._leader}", "--all", "--", *command],
            input=stdin,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            timeout=timeout_s,
            check=False,
        )

    def ask(self, command: Sequence[str], *, user: str = "", stdin: str = "") -> str:
        """What a command printed; AssertionError with what it said when it fails."""
        ran = self.run(command, user=user, stdin=stdin)
        if ran.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of the host as its root."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def beside(self, command: Sequence[str | Path]) -> list[str | Path]:
        """The words that start a program of ours in the host's network."""
        return [*DIES_WITH_US, "nsenter", f"--net={self._network}", "--", *command]

    def _is_up(self) -> bool:
        assert self._process is not None  # noqa: S101  # it was started
        if self._process.poll() is not None:
            raise AssertionError("it went off: " + (self._folder / "console.log").read_text(errors="replace"))
        if not self._find_leader():
            return False
        return self.run(["systemctl", "is-system-running"]).stdout.strip() in {"running", "degraded"}

    def _find_leader(self) -> bool:
        assert self._process is not None  # noqa: S101  # it was started
        for nspawn in _children(self._process.pid):
            for child in _children(nspawn):
                with contextlib.suppress(OSError):
                    if FIRST.search(Path(f"/proc/{child}/status").read_text()):
                        self._nspawn, self._leader = nspawn, child
                        return True
        return False

    def _end(self, pid: int, number: int) -> None:
        assert self._process is not None  # noqa: S101  # it runs
        with contextlib.suppress(ProcessLookupError):  # it went off by itself
            os.kill(pid, number)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_S)
        self._process = None
        wait_until(lambda: not Path(f"/proc/{self._leader}").exists(), "every process of the host has ended", STOP_S)


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@contextlib.contextmanager
def booted(image: Path, folder: Path, setup: Callable[[Host], object] | None = None) -> Iterator[Host]:
    """A host on `image` that runs, with its disk in `folder` (not there yet; removed at the end)."""
    holder = subprocess.Popen([*DIES_WITH_US, "unshare", "--net", "sleep", "infinity"])
    try:
        ours = Path("/proc/self/ns/net").readlink()
        theirs = Path(f"/proc/{holder.pid}/ns/net")
        wait_until(lambda: theirs.readlink() != ours, "it has a network of its own", STOP_S)
        host = Host(image, folder, holder.pid)
        subprocess.run(host.beside(["ip", "link", "set", "lo", "up"]), check=True, timeout=STOP_S)
        try:
            host.boot()
            if setup is not None:
                setup(host)
            yield host
        finally:
            host.cut_power()
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        holder.kill()
        holder.wait(STOP_S)
