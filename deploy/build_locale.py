"""Build hook: compiles each `locale/<lang>/LC_MESSAGES/*.po` to the `.mo` that gettext reads.

The `.po` files are the source; the `.mo` files are never committed. Run by hatchling for the
wheel and for the editable install, and by hand as `python -m deploy.build_locale`.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = ("agent", "collector", "deploy")


class LocaleBuildHook(BuildHookInterface[Any]):
    """Compiles the message catalogues before files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Called by hatchling once per build, wheel or editable."""
        compile_catalogues(Path(self.root))


def compile_catalogues(root: Path) -> list[Path]:
    """Write a `.mo` beside every `.po` below the packages in `root`; the paths written."""
    written = []
    for package in PACKAGES:
        for source in sorted((root / package).rglob("LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            target.write_bytes(compiled(source))
            written.append(target)
    return written


def compiled(source: Path) -> bytes:
    """The bytes of the `.mo` for one `.po`."""
    with source.open("rb") as lines:
        catalogue = read_po(lines, locale=source.parents[1].name)
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


if __name__ == "__main__":
    compile_catalogues(Path(__file__).parents[1])
