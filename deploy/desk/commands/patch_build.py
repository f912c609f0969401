"""`sitewarden patch build`: a patch from a short YAML and two directories."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.keys import add_json_argument
from deploy.desk.commands.patches import digest_of, opened_bundle, patch_refusals, progress
from deploy.desk.patches.building import build
from deploy.desk.patches.specification import read_specification
from remediation.patch.telling import irreversible_steps
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PatchBuild:
    """The same input gives the same bytes, whenever, wherever and by whomever it is built."""

    name = "patch build"
    summary = sentence("build a patch from a YAML file and the directories of the old and the new version")
    examples: Sequence[str] = (
        "sitewarden patch build his-2.0.yaml --old his-1.9 --new his-2.0 --out his-2.0.swpatch",
        "sitewarden patch build correction.yaml --out correction.swpatch",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        words = sentence("what the patch is: id, product, versions, root, steps on databases, services, gate")
        parser.add_argument("specification", type=Path, metavar="SPEC", help=terminal.text(words))
        words = sentence("the directory of the version before; without both directories it has no files")
        parser.add_argument("--old", type=Path, metavar="DIR", help=terminal.text(words))
        words = sentence("the directory of the new version")
        parser.add_argument("--new", type=Path, metavar="DIR", help=terminal.text(words))
        words = sentence("the .swpatch file to write; it must not be there yet")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Build it; nothing is left behind when it is refused."""
        if (arguments.old is None) != (arguments.new is None):
            raise CommandRefused(sentence("--old and --new belong together"))
        given = read_specification(arguments.specification)
        trees = (arguments.old, arguments.new) if arguments.old is not None else None
        fresh = arguments.out.with_name(arguments.out.name + ".new")
        if arguments.out.exists():
            raise CommandRefused(sentence("{path} is there already", path=arguments.out))
        with patch_refusals():
            try:
                with fresh.open("wb") as out:
                    build(given, arguments.specification.parent, trees, out, progress(terminal))
                fresh.replace(arguments.out)
            finally:
                fresh.unlink(missing_ok=True)
        _tell(arguments, terminal)
        return Exit.DONE


def _tell(arguments: argparse.Namespace, terminal: Terminal) -> None:
    bundle = opened_bundle(arguments.out)
    manifest, digest = bundle.manifest, digest_of(bundle)
    size = arguments.out.stat().st_size
    if arguments.json:
        terminal.json({"out": str(arguments.out), "id": manifest.id, "digest": digest, "bytes": size})
        return
    words = sentence(
        "{path}: {files} files, {steps} steps on databases, {size} bytes",
        path=arguments.out,
        files=len(manifest.files),
        steps=len(manifest.database),
        size=size,
    )
    terminal.say(words)
    terminal.say(sentence("digest: {digest}", digest=digest))
    if steps := irreversible_steps(manifest):
        terminal.warn(sentence("CANNOT BE TAKEN BACK: {steps}", steps=", ".join(steps)))


COMMAND = PatchBuild()
