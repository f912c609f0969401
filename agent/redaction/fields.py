"""Values that a catalogue captured from a line: what a detector knew by its surroundings is bare here.

So a captured value is hidden when its own text shows it, when its field's name says that it is secret, and when
it is, holds, or is a piece of what was found in the lines around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from agent.redaction.passwords import names_secret
from agent.redaction.redactor import Redactor
from agent.redaction.spellings import straighten
from agent.redaction.tokens import TOKEN

PIECE_CHARS: Final = 6  # a shorter piece of a value is more often something else
GROUP_CHARS: Final = 4  # unless it is one of the value's own groups of digits
WHOLE_CHARS: Final = 4
_GROUPS: Final = re.compile(r"[0-9A-Za-z]+")

Hidden = Mapping[str, str]  # what was found -> its token


def hidden_values(redactor: Redactor, lines: Iterable[str]) -> dict[str, str]:
    """What would be hidden in lines that follow one another."""
    text = "\n".join(lines)
    return {text[finding.start : finding.end]: finding.token for finding in redactor.explain(text)}


def redact_fields(redactor: Redactor, values: Mapping[str, str], hidden: Hidden) -> dict[str, str]:
    """The captured values by name, redacted."""
    return {redactor.redact(name): _redact_one(redactor, name, value, hidden) for name, value in values.items()}


def _redact_one(redactor: Redactor, name: str, value: str, hidden: Hidden) -> str:
    if redactor.settings.secret and value.strip() and names_secret(name) and not TOKEN.fullmatch(value.strip()):
        return redactor.token("SECRET", value)
    for raw, token in hidden.items():
        if _is_piece(value, raw):
            return token
        if len(raw) >= WHOLE_CHARS:
            value = value.replace(raw, token)
    return redactor.redact(value)


def _is_piece(value: str, raw: str) -> bool:
    piece = straighten(value.strip())
    whole = straighten(raw)
    if len(piece) >= PIECE_CHARS and piece in whole:
        return True
    return len(piece) >= GROUP_CHARS and piece in _GROUPS.findall(whole)
