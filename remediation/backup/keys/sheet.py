"""The recovery sheet: one page of paper with which anybody can bring the site back on a bare machine. Pure.

The head is the same in every language and is read back by `recover` and `backup keys check-sheet`; the steps
follow in each language that it is printed in. It holds the key, so it belongs into a drawer that locks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from remediation.backup.keys.spelling import LINES, Misspelt, fingerprint, read_key, spell_key
from wire.sentence import Sentence, sentence

TITLE: Final = "SITEWARDEN RECOVERY SHEET"
_FIELD: Final = re.compile(r"^\s*(site|host|target|pinned|engine|login|made|name)\s*:\s*(.*?)\s*$", re.MULTILINE)
_KEY: Final = re.compile(r"^\s*key\s+([1-4])\s*:\s*(.*?)\s*$", re.MULTILINE)

Gettext = Callable[[str], str | None]


@dataclass(frozen=True)
class Sheet:
    """What stands on it.

    `login`: which file of credentials the target needs beside the key; `pinned`: the host key that an SFTP
    target answers with (`ssh-ed25519 AAAA...`). Both empty for none.
    """

    site: str
    host: str
    target: str
    engine: str
    key: bytes
    made: str  # day
    login: str = ""
    pinned: str = ""


def steps(sheet: Sheet) -> list[Sentence]:
    """What to do when everything is lost."""
    found = [
        sentence("What this is: with this sheet and the target above, all that was saved of this server comes back."),
        sentence("Keep it locked away, not beside the server. Who reads it can read the whole backup."),
        sentence("1. Take any machine with Linux and Sitewarden's agent, and make the target reachable there."),
        sentence("2. Type the head of this sheet, down to key 4, into a file sheet.txt."),
        sentence("3. Look what there is: sitewarden-agent recover --sheet sheet.txt"),
        sentence("4. Bring it back: sitewarden-agent recover --sheet sheet.txt --to /restored"),
        sentence("5. It tells what to do next with files and databases. Then print a new sheet."),
    ]
    if sheet.login:
        found.insert(4, sentence("The target also asks for a login: the content of {path}.", path=sheet.login))
    if sheet.pinned:
        words = sentence("The line pinned is the key of the target's machine: another one is refused, as a stranger's.")
        found.insert(4, words)
    if sheet.engine == "restic":
        found.append(sentence("Without Sitewarden: restic opens it; its password is the key without spaces."))
    return found


def as_text(sheet: Sheet, languages: Sequence[Gettext]) -> str:
    """The sheet as plain text, its steps in each of these languages."""
    parts = [head_text(sheet)]
    parts += ["\n".join(step.translated(gettext) for step in steps(sheet)) + "\n" for gettext in languages]
    return "\n".join(parts)


def head_text(sheet: Sheet) -> str:
    """What is typed in again."""
    lines = [TITLE, ""]
    fields = [("site", sheet.site), ("host", sheet.host), ("target", sheet.target)]
    fields += [("pinned", sheet.pinned)] if sheet.pinned else []
    fields.append(("engine", sheet.engine))
    if sheet.login:
        fields.append(("login", sheet.login))
    fields += [("made", sheet.made), ("name", fingerprint(sheet.key))]
    lines += [f"{name:<6} : {value}" for name, value in fields]
    lines += [f"key {at}  : {line}" for at, line in enumerate(spell_key(sheet.key).splitlines(), start=1)]
    return "\n".join(lines) + "\n"


def as_html(sheet: Sheet, languages: Sequence[Gettext]) -> str:
    """The sheet as one page without anything from elsewhere, made for printing."""
    blocks = "".join(
        "<section>" + "".join(f"<p>{html.escape(step.translated(gettext))}</p>" for step in steps(sheet)) + "</section>"
        for gettext in languages
    )
    return _PAGE.format(title=TITLE, head=html.escape(head_text(sheet).partition("\n\n")[2]), blocks=blocks)


_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: A4; margin: 18mm }}
body {{ font: 11pt/1.45 sans-serif; max-width: 174mm }}
pre {{ font: 14pt/1.5 monospace; border: 1px solid; padding: 4mm; white-space: pre-wrap }}
section {{ border-top: 1px solid; break-inside: avoid }}
p {{ margin: 1.5mm 0 }}
</style></head><body><h1>{title}</h1><pre>{head}</pre>{blocks}</body></html>
"""


def read_sheet(text: str) -> Sheet:
    """The sheet that a person typed; `Misspelt` says what is missing or where the slip is."""
    fields = dict(_FIELD.findall(text))
    lines = dict(_KEY.findall(text))
    missing = [name for name in ("site", "host", "target", "engine") if not fields.get(name)]
    missing += [f"key {number}" for number in range(1, LINES + 1) if str(number) not in lines]
    if missing:
        raise Misspelt(sentence("these lines of the sheet are missing: {names}", names=", ".join(missing)))
    key = read_key("\n".join(lines[str(number)] for number in range(1, LINES + 1)))
    if fields.get("name") and fields["name"].lower() != fingerprint(key):
        raise Misspelt(sentence("name and key of the sheet do not belong together"))
    return Sheet(
        site=fields["site"],
        host=fields["host"],
        target=fields["target"],
        engine=fields["engine"],
        key=key,
        made=fields.get("made", ""),
        login=fields.get("login", ""),
        pinned=fields.get("pinned", ""),
    )
