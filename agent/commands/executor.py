"""`sitewarden-agent executor`."""

from __future__ import annotations

import argparse
import os
import pwd
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.commands.loading import add_settings_argument, load_settings
from agent.commands.saving import wanted_file
from agent.log import LEVELS, set_up_log
from agent.payloads.shelf import FOLDER_NAME
from agent.release import VERSION
from agent.settings.model import Settings
from remediation.audit.chain import ChainBroken
from remediation.executor.app import Occupied, Setting, run_executor
from remediation.executor.patches.own_backup import BackupCall
from remediation.trust.ledger import LedgerBroken
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

BOOTED: Final = Path("/run/systemd/system")
UNITS: Final = Path("/etc/systemd/system")
PATCH_UNIT: Final = "sitewarden-patch@.service"
BACKUP_UNIT: Final = "sitewarden-backup.service"
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
            backup = backup_call(settings, arguments.settings)
            payloads = Path(settings.state) / FOLDER_NAME
            run_executor(
                Setting(folder, socket, inbox, uids, arguments.idle, start, is_apart, VERSION, backup, payloads)
            )
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
    if BOOTED.is_dir() and (UNITS / PATCH_UNIT).exists():
        return ("systemctl", "start", "--no-block", "sitewarden-patch@%.service"), False
    return (sys.executable, "-m", "agent", "patch", "run", "--settings", str(settings.absolute()), "%"), True


def backup_call(settings: Settings, path: Path) -> BackupCall:
    """How this host saves itself before a patch: its unit where there is one, else a process of our own."""
    policy = Path(str(settings.backup.policy))
    if BOOTED.is_dir() and (UNITS / BACKUP_UNIT).exists():
        wanted = wanted_file(settings)
        return BackupCall(policy, ("systemctl", "start", BACKUP_UNIT), wanted, ("systemctl", "stop", BACKUP_UNIT))
    words = ("agent", "backup", "run", "--json", "--policy", str(policy), "--settings", str(path.absolute()))
    environment = {name: os.environ[name] for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE") if name in os.environ}
    return BackupCall(policy, (sys.executable, "-P", "-m", *words), environment=environment)


def _uid(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as error:
        raise CommandRefused(sentence("there is no user {name}", name=name)) from error


COMMAND = RunExecutor()
