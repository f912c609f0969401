"""What opens doors and has a shape of its own: headers, tokens, keys of clouds, private keys.

A private key is hidden as a whole, over as many lines as it has. When its begin or its end was cut away
(a window of context lines), the lines that can only be its body are hidden all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent.redaction.model import Confidence, Found, Gate
from agent.redaction.prefilter import has_long_word

_BEGIN: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END: Final = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LONG: Final = 65_536  # characters of one private key; RSA with 16,384 bits has 13,000
_BODY_LINE: Final = re.compile(r"[A-Za-z0-9+/=]{24,}[^A-Za-z0-9+/=]{0,8}\Z")
_TAIL_CHARS: Final = 256  # of a line that are looked at; a key's line has 64 or 76, behind a log's own prefix
_BODY: Final = re.compile(r"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{64}(?:[A-Za-z0-9+/]{12})?(?![A-Za-z0-9+/_.-])")
_BODY_PARTS: Final = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9+/]"))

_HEADER: Final = re.compile(
    r"(?i)\b(?:proxy-)?authorization\\{0,8}[\"']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,8}[\"']?(?:"
    r"(?:digest|aws4-hmac-sha256|oauth|hawk|signature)[ \t]{1,8}(?P<long>[^\r\n]{1,8192})"
    r"|(?:basic|bearer|token|apikey|negotiate|ntlm|[a-z][\w-]{1,30})[ \t]{1,8}(?P<token>[^\s\"',;\\]{4,8192})"
    r"|(?P<bare>(?=[^\s\"',;\\]*[0-9])[^\s\"',;\\]{8,8192}))"
)
_COOKIE: Final = re.compile(
    r"(?i)\b(?:set-)?cookie2?\\{0,8}[\"']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,8}[\"']?"
    r"(?P<token>[^\s\"'=;]{1,256}=[^\r\n\"']{1,8192})"
)
_BEARER: Final = re.compile(r"(?i)\bbearer[ \t]{1,8}(?P<token>[a-z0-9._~+/=-]{16,8192})")
_IN_ADDRESS: Final = re.compile(r"://[^\s/:@\"']{0,256}:(?P<token>[^\s/@\"']{1,1024})@")
_TOKENS: Final = re.compile(
    r"(?<![A-Za-z0-9_])(?P<token>eyJ[A-Za-z0-9_-]{8,2048}(?:\.[A-Za-z0-9_-]{0,16384}){1,4}"
    r"|(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{13,40}"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255}|glpat-[\w-]{20,64}|xox[abeoprs]-[A-Za-z0-9-]{10,250}"
    r"|AIza[\w-]{35}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,128}|sk-[\w-]{20,200}|npm_[A-Za-z0-9]{36}"
    r"|hf_[A-Za-z0-9]{30,64})"
)


# A look for a word first: most lines that come here hold another one.
_SHAPES: Final = (
    ("authorization", _HEADER),
    ("cookie", _COOKIE),
    ("bearer", _BEARER),
    ("://", _IN_ADDRESS),
    ("", _TOKENS),
)


class Credential:
    """Headers, tokens and keys that are known by their shape."""

    name = "secret"
    gate = Gate.WORDS

    def find(self, text: str) -> Iterator[Found]:
        """Every token; the words before it stay, so that the line still says what happened."""
        lowered = text.lower()
        for needle, shape in _SHAPES:
            for match in shape.finditer(text) if needle in lowered else ():
                group = match.lastgroup or "token"
                start, end = match.span(group)
                yield Found(start, end, "SECRET", match[group].strip(), Confidence.HIGH, self.name)


class PrivateKey:
    """PEM blocks of private keys, whole or cut."""

    name = "private_key"
    gate = Gate.ALWAYS

    def find(self, text: str) -> Iterator[Found]:
        """Every block, and every line that can only be the body of one."""
        if "PRIVATE KEY" in text:
            for start, end in _blocks(text):
                yield Found(start, end, "KEY", "".join(text[start:end].split()), Confidence.HIGH, self.name)
        for match in _BODY.finditer(text) if has_long_word(text) else ():
            if all(part.search(match[0]) for part in _BODY_PARTS):
                yield Found(match.start(), match.end(), "KEY", match[0], Confidence.MEDIUM, self.name)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Whole blocks, the rest of those whose end is missing, the rest of those whose begin is missing."""
    reached = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < reached:
            continue
        end = _END.search(text, begin.end(), begin.end() + _LONG)
        reached = end.end() if end else _body_end(text, begin.end())
        yield begin.start(), reached
    for end in _END.finditer(text):
        yield _body_start(text, end.start()), end.end()


def _body_end(text: str, at: int) -> int:
    """The end of the lines behind `at` that can be a body, and of one more, which may be its short last one."""
    while (line_end := _line_end(text, at)) < len(text):
        following = _line_end(text, line_end + 1)
        if not _is_body(text[max(line_end + 1, following - _TAIL_CHARS) : following]):
            return following
        at = following
    return line_end


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _body_start(text: str, at: int) -> int:
    """The start of the lines before `at` that can be a body; the last of them may be short."""
    start = text.rfind("\n", 0, at) + 1
    is_last = True
    while start > 0:
        before = text.rfind("\n", 0, start - 1) + 1
        if not (_is_body(text[max(before, start - 1 - _TAIL_CHARS) : start - 1]) or is_last):
            break
        start, is_last = before, False
    return start


def _is_body(line: str) -> bool:
    return not line.strip() or ": " in line[:32] or _BODY_LINE.search(line) is not None
