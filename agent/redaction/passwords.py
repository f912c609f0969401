"""Values whose name says that they are secret: `password=`, `"passwd": "..."`, `비밀번호:`, `密码:`.

The value may be quoted, with quotes inside it escaped once or more often (JSON inside JSON), bare, in an XML
element, behind a command line option, or in SQL. A quote that never closes hides the rest of the line.
Words that are no password (`using password: YES`, `password: incorrect`) stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent.redaction.model import Confidence, Found, Gate
from agent.redaction.prefilter import first_word
from agent.redaction.tokens import TOKEN

_STRONG: Final = (
    r"pass[_-]?word|passwd|pass[_-]?phrase|passcode|pwd|secret|credential|(?:api|access|private|auth|account)[_-]?key"
    r"|비밀 ?번호|패스워드|암호(?!화)|비번|인증 ?키|密码|密碼|口令|密钥|密鑰"
)
_WEAK: Final = r"(?:(?<![a-z])pass|(?<![a-z])pw|token|토큰|令牌|session[_-]?id|jsessionid|phpsessid|(?<![a-z])sid)"
_NAME: Final = rf"(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK}))(?P<more>[a-z0-9_.-]{{0,24}})"
_VALUE: Final = (
    r"(?:(?P<q>\\{0,8}[\"'])(?P<quoted>[^\r\n]{0,4096}?)(?<!\\)(?P=q)"
    r"|\\{0,8}[\"'](?P<open>[^\r\n]{1,4096})"
    r"|(?P<bare>(?:(?![,;&][ \t]{0,4}[\"']?[\w .-]{1,40}[\"']?[ \t]{0,4}[=:])[^\s\"'<>]){1,4096}))"
)
_NAMED: Final = re.compile(
    rf"(?i){_NAME}\\{{0,8}}[\"']?[\])]?[ \t]{{0,8}}(?:=>|:=|==?|:|(?=[\"']))[ \t]{{0,8}}{_VALUE}"
)
_OPTION: Final = re.compile(rf"(?i)--[a-z-]{{0,32}}?{_NAME}[ \t]{{1,8}}(?!-){_VALUE}")
_ELEMENT: Final = re.compile(rf"(?i)<[\w:.-]{{0,64}}?{_NAME}(?:\s[^>]{{0,200}})?>(?P<bare>[^<\r\n]{{1,4096}})<")
_SQL: Final = re.compile(rf"(?i)(?P<strong>identified[ \t]{{1,8}}by)[ \t]{{1,8}}{_VALUE}")
_SPOKEN: Final = re.compile(
    r"(?P<strong>비밀 ?번호|비번|패스워드|암호|密码|密碼|口令)(?:는|은|是|为|為)[ \t]{0,4}(?P<bare>[!-~]{3,128})"
)
_KEY: Final = re.compile(rf"(?i){_NAME}\Z")
# What has to be there, in lower case, before a shape is worth a look.
_SHAPES: Final = (("", _NAMED), ("--", _OPTION), ("<", _ELEMENT), ("identified", _SQL), ("", _SPOKEN))
_NO_SECRET: Final = frozenset(
    {"yes", "no", "null", "none", "nil", "true", "false", "undefined", "empty", "ok", "incorrect", "required"}
    | {"invalid", "wrong", "missing", "expired", "failed", "failure", "mismatch", "denied", "error", "unknown"}
    | {
        "accepted",
        "changed",
        "reset",
        "disabled",
        "enabled",
        "not",
        "is",
        "was",
        "has",
        "the",
        "for",
        "string",
        "(null)",
    }
    | {"오류", "틀림", "불일치", "실패", "错误", "失败"}
)
_WEAK_CHARS: Final = 8
_AROUND: Final = ",;)]}"


class Password:
    """Secrets by their name."""

    name = "secret"
    gate = Gate.WORDS

    def find(self, text: str) -> Iterator[Found]:
        """Every value behind such a name; the name stays."""
        lowered, is_ascii = text.lower(), text.isascii()
        for needle, shape in _SHAPES:
            if needle not in lowered or (is_ascii and shape is _SPOKEN) or (shape is _NAMED and not _may_give(lowered)):
                continue
            for match in shape.finditer(text):
                group = next(group for group in ("quoted", "open", "bare") if match.groupdict().get(group) is not None)
                start = match.start(group)
                value = match[group]
                if group == "bare":
                    value = _trimmed(value)
                if _is_secret(value, is_weak=match["strong"] is None):
                    end = start + len(value)
                    yield Found(start, end, "SECRET", value.replace("\\", ""), Confidence.HIGH, self.name)


def _may_give(lowered: str) -> bool:
    """Whether something that stands between a name and its value comes after the first word of secrets."""
    at = first_word(lowered)
    return any(lowered.find(mark, at) >= 0 for mark in "=:\"'")


def _trimmed(value: str) -> str:
    """A bare value without the punctuation of the sentence around it; a token keeps its bracket."""
    known = TOKEN.match(value)
    if known and not value[known.end() :].strip(_AROUND):
        return known[0]
    return value.rstrip(_AROUND)


def names_secret(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return _KEY.search(name) is not None


def _is_secret(value: str, *, is_weak: bool) -> bool:
    word = value.strip().lower().rstrip(".,;:!")
    if not word or word in _NO_SECRET or not word.strip("*xX#.") or TOKEN.fullmatch(value.strip()):
        return False
    return not is_weak or (len(word) >= _WEAK_CHARS and any(letter.isdigit() for letter in word))
