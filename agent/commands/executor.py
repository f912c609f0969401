"""`sitewarden-agent executor`."""

from __future__ import annotations

import argparse
import pwd
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.commands.loading import add_settings_argument, load_settings
from agent.log import LEVELS, set_up_log
from agent.release import VERSION
from remediation.audit.chain import ChainBroken
from remediation.executor.app import Occupied, Setting, run_executor
from remediation.trust.ledger import LedgerBroken
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

BOOTED: Final = Path("/run/systemd/system")
PATCH_UNIT: Final = Path("/etc/systemd/system/sitewarden-patch@.service")
VENDOR_INBOX = "vendor"  # in the agent's state folder


class RunExecutor:
    """Serves signed requests of the agent and of local commands."""

    name = "executor"
    summary = sentence("Check signed requests and run what both signatures permit; started by its service or by hand.")
    examples: Sequence[str] = (
        "sitewarden-agent executor",
        "sitewarden-agent executor --serve-user sitewarden --idle 60",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, who may ask, and when to end."""
        add_settings_argument(parser, terminal)
        words = sentence("a user who may ask, beside root and the executor's own; may be repeated")
        parser.add_argument("--serve-user", metavar="USER", action="append", default=[], help=terminal.text(words))
        words = sentence("end when nobody has asked for so many seconds (default: 0, never)")
        parser.add_argument("--idle", metavar="SECONDS", type=float, default=0.0, help=terminal.text(words))
        words = sentence("how much the executor's own log says (default: info)")
        parser.add_argument("--log-level", choices=LEVELS, default="info", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Serve in the foreground."""
        settings = load_settings(arguments, terminal).settings
        folder, socket = Path(str(settings.executor.folder)), Path(str(settings.executor.socket))
        inbox = Path(settings.state) / VENDOR_INBOX
        uids = frozenset(_uid(name) for name in arguments.serve_user)
        set_up_log(arguments.log_level, monotonic=time.monotonic)  # noqa: TID251  # handed on, not read
        try:
            start, is_apart = patch_start(arguments.settings)
            run_executor(Setting(folder, socket, inbox, uids, arguments.idle, start, is_apart, VERSION))
        except Occupied as occupied:
            words = sentence("another executor runs on the folder {path}", path=folder)
            raise CommandRefused(words, Exit.FAILED) from occupied
        except (ChainBroken, LedgerBroken) as broken:
            words = sentence("nothing can be recorded, so nothing may run: {problem}", problem=str(broken))
            raise CommandRefused(words, Exit.FAILED) from broken
        except OSError as error:
            path, problem = error.filename or folder, error.strerror or str(error)
            words = sentence("{path} cannot be used: {problem}", path=path, problem=problem)
            raise CommandRefused(words, Exit.FAILED) from error
        return Exit.DONE


def patch_start(settings: Path) -> tuple[tuple[str, ...], bool]:
    """How the process of a patch begins (% is its job), and whether that program is the process itself."""
    if BOOTED.is_dir() and PATCH_UNIT.exists():
        return ("systemctl", "start", "--no-block", "sitewarden-patch@%.service"), False
    return (sys.executable, "-m", "agent", "patch", "run", "--settings", str(settings.absolute()), "%"), True


def _uid(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as error:
        raise CommandRefused(sentence("there is no user {name}", name=name)) from error


COMMAND = RunExecutor()
