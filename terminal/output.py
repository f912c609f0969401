"""Where a command writes: sentences in the reader's language, JSON, tables."""

from __future__ import annotations

import gettext
import json
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from wire.sentence import Sentence

DOMAIN = "sitewarden"


def load_language(locale: Path, environment: Mapping[str, str] | None = None) -> gettext.NullTranslations:
    """The translations below `locale` for the first language that the environment names; English otherwise.

    Reads LANGUAGE, LC_ALL, LC_MESSAGES, LANG in gettext's order; any Chinese locale gets `zh_Hans`.
    """
    settings = os.environ if environment is None else environment
    value = next((settings[name] for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if settings.get(name)), "")
    languages = [_catalogue_name(part) for part in value.split(":") if part]
    return gettext.translation(DOMAIN, str(locale), languages=languages or ["en"], fallback=True)


def _catalogue_name(locale: str) -> str:
    name = locale.partition(".")[0].replace("-", "_")
    return "zh_Hans" if name.startswith("zh") else name.partition("_")[0]


@dataclass
class Terminal:
    """Standard output and error of one command, with its language."""

    language: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def text(self, words: Sentence) -> str:
        """The sentence in the reader's language, control characters of foreign text made visible."""
        return visible(words.translated(self.language.gettext))

    def say(self, words: Sentence) -> None:
        """One line on standard output."""
        print(self.text(words), file=self.out, flush=True)

    def warn(self, words: Sentence) -> None:
        """One line on standard error."""
        print(self.text(words), file=self.err, flush=True)

    def json(self, value: Any) -> None:
        """One JSON value on one line of standard output; instants must already be texts."""
        print(json.dumps(value, ensure_ascii=False, separators=(",", ":")), file=self.out, flush=True)

    def table(self, heads: Sequence[Sentence], rows: Sequence[Sequence[str]]) -> None:
        """Columns aligned by display width, so that Korean and Chinese line up."""
        texts = [[self.text(head) for head in heads], *([visible(cell) for cell in row] for row in rows)]
        widths = [max(display_width(row[at]) for row in texts) for at in range(len(heads))]
        for row in texts:
            cells = [cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)]
            print("  ".join(cells).rstrip(), file=self.out)


def visible(text: str) -> str:
    """Foreign text that cannot move the cursor: control and bidirectional characters become escapes."""
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs"} else f"\\x{ord(char):02x}"
        for char in text
    )


def display_width(text: str) -> int:
    """Columns that `text` takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
