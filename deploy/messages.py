"""Sentences of the sources -> the `.po` files: extraction and update (`make messages`).

A program's catalogue holds what its packages can say: `sentence("...")` in Python, `_()`, `gettext`
and `{% trans %}` in templates. The ids are English. Translations that are no longer said are dropped;
new ones stand empty until a person fills them, and a test refuses empty ones. No dates and no line
numbers are written, so that a `.po` file changes only when a sentence does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

LANGUAGES: Final = ("ko", "zh_Hans")
KEYWORDS: Final = {**DEFAULT_KEYWORDS, "sentence": None}
TEMPLATES: Final = {"silent": "false", "trimmed": "true"}
COMMENTS: Final = ("translators:",)
_FIXED: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Program:
    """One catalogue: where its `.po` files live and which packages it speaks for."""

    locale: str
    packages: tuple[str, ...]


PROGRAMS: Final = (
    Program(
        "agent/locale",
        (
            "wire",
            "terminal",
            "agent",
            "remediation/audit",
            "remediation/backup",
            "remediation/executor",
            "remediation/patch",
            "remediation/trust",
        ),
    ),
    Program("collector/locale", ("wire", "terminal", "collector")),
    Program(
        "deploy/desk/locale",
        ("wire", "terminal", "remediation/patch", "remediation/trust", "collector/relay/requests", "deploy/desk"),
    ),
)


def po_path(root: Path, program: Program, language: str) -> Path:
    """The `.po` file of a program in one language."""
    return root / program.locale / language / "LC_MESSAGES" / "sitewarden.po"


def extract(root: Path, program: Program) -> Catalog:
    """Every sentence that the sources of `program` can say."""
    template = Catalog(project="sitewarden", creation_date=_FIXED, fuzzy=False)
    for path in _sources(root, program):
        method, options = ("python", {}) if path.suffix == ".py" else ("jinja2.ext:babel_extract", TEMPLATES)
        place = path.relative_to(root).as_posix()
        for _, message, comments, context in extract_from_file(method, path, KEYWORDS, COMMENTS, options):
            template.add(message, None, [(place, 1)], auto_comments=comments, context=context)
    return template


def _sources(root: Path, program: Program) -> Iterator[Path]:
    for package in program.packages:
        for pattern in ("*.py", "templates/**/*.html", "templates/**/*.txt"):
            yield from sorted((root / package).rglob(pattern))


def load(path: Path, language: str) -> Catalog:
    """The catalogue in `path`, or an empty one."""
    if not path.exists():
        return Catalog(locale=language, project="sitewarden", fuzzy=False)
    with path.open("rb") as lines:
        return read_po(lines, locale=language)


def updated(root: Path, program: Program, language: str) -> Catalog:
    """The `.po` file of a language, brought up to date with the sources."""
    catalogue = load(po_path(root, program, language), language)
    catalogue.update(extract(root, program), no_fuzzy_matching=True)
    catalogue.creation_date = catalogue.revision_date = _FIXED
    catalogue.fuzzy = False
    catalogue.header_comment = "# Translations of Sitewarden, under the Apache License, Version 2.0."
    catalogue.version, catalogue.msgid_bugs_address = "0", ""
    catalogue.last_translator = catalogue.language_team = "Sitewarden"
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """The text of a `.po` file; the same for the same sentences."""
    out = BytesIO()
    write_po(out, catalogue, width=120, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return out.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """The ids that have no translation, or one that is marked as doubtful."""
    return [str(m.id) for m in catalogue if m.id and (not _is_translated(m.string) or m.fuzzy)]


def _is_translated(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def main(root: Path) -> int:
    """Update every `.po` file; names on standard output what waits for a translation."""
    for program in PROGRAMS:
        for language in LANGUAGES:
            path = po_path(root, program, language)
            catalogue = updated(root, program, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(po_bytes(catalogue))
            waiting = missing(catalogue)
            sys.stdout.write(
                f"{path.relative_to(root)}: {len(catalogue)} sentences, {len(waiting)} without translation\n"
            )
            sys.stdout.writelines(f"  {words}\n" for words in waiting)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(__file__).parents[1]))
