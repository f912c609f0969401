"""`sitewarden-agent patch drift`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.maintained import file_refusals
from agent.commands.patching import add_id_argument, add_patch_arguments, attempts_of, newest, settings_of
from remediation.patch.layouts.releases import CURRENT
from remediation.patch.manifest import Layout, Manifest
from remediation.patch.tree import file_digest
from terminal import Exit, Terminal
from wire.sentence import sentence


class PatchDrift:
    """Files of an installed patch that somebody else has changed since."""

    name = "patch drift"
    summary = sentence("Compare the files that a patch brought with what is on this server now.")
    examples: Sequence[str] = ("sudo sitewarden-agent patch drift his-2026-11",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, and which."""
        add_patch_arguments(parser, terminal)
        add_id_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Every difference; 0 when there is none."""
        settings = settings_of(arguments, terminal)
        attempt = newest(attempts_of(settings), arguments.patch)
        with file_refusals(Path(attempt.manifest.root)):
            found = differences(attempt.manifest, is_new=attempt.is_installed)
        if arguments.json:
            terminal.json({"patch": attempt.manifest.id, "changed": found})
        else:
            for path in found:
                terminal.say(sentence("{path} is not as the patch left it", path=path))
            if not found:
                terminal.say(sentence("everything is as the patch left it"))
        return Exit.FAILED if found else Exit.DONE


def differences(manifest: Manifest, *, is_new: bool) -> list[str]:
    """Paths of the manifest that do not hold what they should: the new content, or the old one after a way back."""
    home = Path(manifest.root)
    if manifest.layout is Layout.RELEASES:
        home /= CURRENT
    return [
        change.path
        for change in manifest.files
        if _content(home / change.path) != (change.new if is_new else change.old)
    ]


def _content(path: Path) -> str:
    if not path.exists() and not path.is_symlink():
        return ""
    return file_digest(path) if path.is_file() and not path.is_symlink() else "-"


COMMAND = PatchDrift()
