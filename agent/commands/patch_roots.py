"""`sitewarden-agent patch roots`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.commands.loading import add_settings_argument
from agent.commands.maintained import checked_policy, executor_folder, file_refusals
from remediation.durable import flush_folder, write_durably
from remediation.executor.patches.hosting import DATABASES_FILE
from remediation.patch.databases.settings import load_settings
from remediation.trust.policy_file import POLICY_NAME
from terminal import CommandRefused, Exit, Terminal
from wire.errors import TextRefused
from wire.sentence import sentence

UNITS: Final = ("sitewarden-patch@.service", "sitewarden-patch-recover.service")
DROP_IN: Final = "roots.conf"
READABLE: Final = 0o644


class PatchRoots:
    """Gives the units of patches the folders that the local policy names, and no others."""

    name = "patch roots"
    summary = sentence("Let the units of patches write where patch_roots of the local policy says; after each change.")
    examples: Sequence[str] = ("sudo sitewarden-agent patch roots && sudo systemctl daemon-reload",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, the executor's folder, and where units are configured."""
        add_settings_argument(parser, terminal)
        words = sentence("the executor's folder (default: the one that the settings name)")
        parser.add_argument("--folder", metavar="DIR", type=Path, help=terminal.text(words))
        words = sentence("where units are configured (default: {path})", path="/etc/systemd/system")
        parser.add_argument(
            "--units", metavar="DIR", type=Path, default=Path("/etc/systemd/system"), help=terminal.text(words)
        )

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Write one drop-in a unit."""
        folder = executor_folder(arguments, terminal)
        roots = list(checked_policy(folder / POLICY_NAME, terminal).patch_roots)
        try:
            found = load_settings(folder / DATABASES_FILE).values()
        except TextRefused as refused:
            raise CommandRefused(
                sentence("the settings of databases are wrong: {problem}", problem=str(refused))
            ) from refused
        roots += [str(Path(each.path).parent) for each in found if each.path is not None]
        lines = "".join(f'ReadWritePaths="{_escaped(root)}"\n' for root in dict.fromkeys(roots))
        with file_refusals(arguments.units):
            for unit in UNITS:
                home = arguments.units / f"{unit}.d"
                home.mkdir(parents=True, exist_ok=True, mode=0o755)
                write_durably(home / DROP_IN, f"[Service]\n{lines}".encode(), mode=READABLE)
                flush_folder(arguments.units)
        for root in roots:
            terminal.say(sentence("patches may write in {path}", path=root))
        return Exit.DONE


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


COMMAND = PatchRoots()
