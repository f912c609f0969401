"""What a line without a code says, with whatever varies masked: equal faults get equal templates.

Theory of operation. A vendor sees a million unknown lines as some hundred templates, and turns the
most frequent ones into codes. So a template has to be the same for the same statement in the
program that wrote the line, on every host of the fleet, and cheap enough to be computed for every
line that the severity gate lets through (60,000 lines/s).

1. The head goes: a time stamp, a syslog priority, the host's name. What was written is the same.
2. Quoted texts become `"<*>"`, except in JSON, where everything is quoted.
3. Names after the words that announce one (`for user NAME`, `user=NAME`) become `<name>`.
4. What is left is cut at spaces. Each piece is looked up in a table of pieces met before; a new one
   is masked: absolute paths and URLs become `<path>`, IP, MAC and host addresses `<address>`, and each part
   with a digit in it `<*>` (numbers, hexadecimal, UUIDs, names such as `node-12`). Codes that a product
   prints on purpose stay: `ORA-01555:`, `[MY-010914]`, `(HY000)`.

A mask means exactly one thing, and `pattern_of` says it as a regular expression, so that
`sitewarden catalogue suggest` can write a pattern that finds the lines of a template and no others.

>>> template_of("Dec 10 06:55:46 LabSZ sshd[24200]: Failed password for user root from 10.0.0.7 port 38926")
'sshd[<*>]: Failed password for user <name> from <address> port <*>'
>>> template_of('2026-11-24 10:00:00.123 KST ERROR: relation "patients_2026" does not exist at character 15')
'ERROR: relation "<*>" does not exist at character <*>'
"""

from __future__ import annotations

import re

from wire.fingerprint import template_fingerprint
from wire.limits import LINE_CHARS

ANY = "<*>"
ADDRESS = "<address>"
NAME = "<name>"
PATH = "<path>"
TIME = "<time>"
PIECES_KEPT = 4_096  # masked pieces that are remembered; about 0.6 MB
PIECE_CHARS = 64  # longer pieces hardly come twice
HEAD_LINES = 50  # of a record, when the line that tells something is looked for

# The masks as patterns of the catalogue's dialect; `_PART` uses the same ones, so that they agree.
PATTERNS = {
    ANY: r"[A-Za-z_.+@#%-]*\d[\w.+@#%-]*",
    ADDRESS: r"(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{1,4}"
    r"|\w[\w.-]*\.(?:com|net|org|edu|gov|local|lan|internal|kr|cn|jp|tw|hk))",
    NAME: r"[^\s,;()<\"']+",
    TIME: r"[A-Z][a-z]{2},? (?:[A-Z][a-z]{2} [ \d]?\d|\d\d [A-Z][a-z]{2} \d{4}) [\d:.,]+(?: \d{4})?",
    PATH: r"(?:/|[A-Za-z]:\\|[a-z]+://)[\w./+@#%:~?&=\\-]+",
    f'"{ANY}"': r'"[^"]*"',
    f"'{ANY}'": r"'[^']*'",
}

_CLOCK = r"\d{1,2}:\d{1,2}:\d{1,2}(?:[.,:]\d{1,9})?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|KST|CST|JST|[+-]\d\d:?\d\d)(?![^\s|\]]))?"
_HEAD = re.compile(
    r"(?:<\d{1,3}>(?:\d )?)?\[?(?:"
    rf"(?:[A-Z][a-z]{{2}},? )?[A-Z][a-z]{{2}} [ \d]?\d (?:\d{{4}} )?{_CLOCK}(?: \d{{4}})?"
    rf"|\d{{2,4}}[-/.]\d\d[-/.]\d\d[T ]{_CLOCK}{_ZONE}"
    rf"|\d{{1,2}}[-/][A-Z][a-z]{{2}}[-/]\d{{4}}[: ]{_CLOCK}{_ZONE}"
    rf"|(?:\d\d\.\d\d |\d{{8}}[- T]){_CLOCK}"
    r")\]?(?:[ |:,-]+|$)",
    re.ASCII,
)
_HOST = re.compile(r"[\w.-]+ (?=[A-Za-z][\w./()-]*(?:\[\d+\])?: )", re.ASCII)
_QUOTED = re.compile(r"\"[^\"]*\"|(?<![^\s=(\[{:,])'[^']*'(?![^\s=)\]},.:;])")
_DATE = re.compile(rf"\b{PATTERNS[TIME]}", re.ASCII)
_NAMED = re.compile(
    r"(?P<before>\b(?:(?:for|by|of|[Ii]nvalid|[Ii]llegal) (?:invalid )?user|for(?=\s\S+ from\b)) |"
    rf"\b(?:user|username|login|logname|ruser|rhost|host|hostname|account)=)(?!<){PATTERNS[NAME]}",
    re.ASCII,
)
_NAMED_HINTS = ("user", " from ", "host=", "name=", "login=", "account=")
_CODE = r"[A-Z]{2,6}-?\d{3,6}[A-Z]?"
_PART = re.compile(
    rf"(?P<path>(?<![\w.+@#%/-]){PATTERNS[PATH]})"
    rf"|(?P<kept>(?<![\w.+@#%-]){_CODE}(?=:)|(?<=[\[(]){_CODE}(?=[\])])|(?<![\w.])(?:[a-z]\w*\.){{2,}}[A-Z]\w*)"
    rf"|(?P<address>(?<![\w.+@#%:-]){PATTERNS[ADDRESS]}(?![\w+@#%-]|[.:]\w))"
    rf"|{PATTERNS[ANY]}",
    re.ASCII,
)
_RAISED = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt)\b")


def template_of(line: str) -> str:
    """What varies in `line` masked, at most `LINE_CHARS` long; of a record, its line that tells most."""
    if "\n" in line:
        line = _telling_line(line)
    text = line[:LINE_CHARS].strip()
    if head := _HEAD.match(text):
        text = text[head.end() :]
        if host := _HOST.match(text):
            text = text[host.end() :]
    if text[:1] != "{" and ('"' in text or "'" in text):
        text = _QUOTED.sub(_quoted_mask, text)
    if text.count(":") > 1:
        text = _DATE.sub(TIME, text)
    if any(hint in text for hint in _NAMED_HINTS):
        text = _NAMED.sub(_named_mask, text)
    return " ".join([_masked.get(piece) or _mask(piece) for piece in text.split(" ")])[:LINE_CHARS]


def fingerprint(product: str, template: str) -> str:
    """What equal unknown errors of one product share: 32 hexadecimal digits."""
    return template_fingerprint(product, template)


def pattern_of(template: str) -> str:
    """A regular expression of the catalogue's dialect that finds the lines of this template."""
    parts = _MASKS.split(template)
    begin = r"(?:^|\s)" if template.startswith(tuple(PATTERNS)) else ""  # not in the middle of the head's clock
    return begin + "".join(PATTERNS.get(part) or _escaped(part) for part in parts) + r"\s*$"


_MASKS = re.compile("(" + "|".join(re.escape(mask) for mask in sorted(PATTERNS, key=len, reverse=True)) + ")")
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")


def _escaped(text: str) -> str:
    """`re.escape` without the backslash before spaces, `#`, `-` and so on: people read these patterns."""
    return "".join(
        char if char.isprintable() else f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"  # noqa: PLR2004
        for char in _SPECIAL.sub(r"\\\g<0>", text)
    )


_masked: dict[str, str] = {}


def _mask(piece: str) -> str:
    """The piece with its parts masked, remembered when it may come again."""
    masked = _PART.sub(_part_mask, piece)
    if len(piece) <= PIECE_CHARS:
        if len(_masked) >= PIECES_KEPT:
            _masked.clear()
        _masked[piece] = masked
    return masked


def _part_mask(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind is None:
        return ANY
    return match[0] if kind == "kept" else PATH if kind == "path" else ADDRESS


def _quoted_mask(match: re.Match[str]) -> str:
    quote = match[0][0]
    return f"{quote}{ANY}{quote}"


def _named_mask(match: re.Match[str]) -> str:
    return f"{match['before']}{NAME}"


def _telling_line(record: str) -> str:
    """The first line, but of a Python traceback the one that names the exception."""
    lines = record.strip("\n").split("\n")
    if "Traceback (most recent call last)" in lines[0]:
        return next((line for line in lines[-1:-HEAD_LINES:-1] if _RAISED.match(line)), lines[0])
    return lines[0]
