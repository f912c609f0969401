"""The cheap look that spares ordinary lines everything else.

`NUMBERS` finds what could be the start of a number: eleven digits in a row, or groups of digits as people
write numbers of persons, telephones and cards. Clock times, addresses, ports and short counts are none. Its
first part is one character class, which `re` skips along quickly; alternatives come only at a digit.
`WORDS` are what some detector of secrets needs to see, in lower case. `ODD` is what may hide either: other
scripts' digits and escapes. `PREFILTER` is all of it in one expression, for whoever scans many lines at
once. Too many lines may pass it, too few never; the customer's own patterns are not in it.
"""

from __future__ import annotations

import re
from typing import Final

import ahocorasick_rs

from agent.redaction.spellings import ESCAPE, ODD

NUMBERS: Final = re.compile(
    r"[0-9](?<![0-9][0-9])(?:"
    r"[0-9]{3}(?:[0-9]{7}"  # 11 in a row
    r"|[0-9]{2}(?:[ ./_-]{1,3}|-\r?\n[ \t]{0,8})[0-9]{7}"  # 6-7 of Korea, 6-8-4 of China
    r"|[ ._-]{1,2}[0-9]{4}(?:[ ._-]|[0-9]{2}[ ._-]{1,2}[0-9]{5}))"  # cards
    r"|(?<=0)(?:1[0-9]{8}|[0-9]{1,3}[) ._·-]{1,2}[0-9]{3}|08[26][ ().0_-]{1,4}[0-9])"  # 010, 02-123, 0082
    r"|(?<=1)[0-9]{2}[) ._·-]{1,2}[0-9]{4}[ ._-]?[0-9]{4}"  # 138-1234-5678
    r"|(?<=8)[26][ ().0_-]{1,4}[0-9]"  # 82 10, 86-138
    r"|(?: - |[ -])[0-9](?: - |[ -])[0-9](?: - |[ -])[0-9](?![0-9]))"  # one by one
)
WORDS: Final = (
    *("pass", "pwd", "pw=", "pw:", 'pw"', "pw'", "pw\\", "pw ", "secret", "credential", "token", "bearer", "cookie"),
    *("authoriz", "_key", "-key", "apikey", "accesskey", "privatekey", "authkey", "accountkey", "private key"),
    *("sessionid", "session_id", "session-id", "sid=", "sid:", 'sid"', "sid'", "sid\\", "identified", "://"),
    *("eyj", "akia", "asia", "aroa", "aida", "agpa", "anpa", "ltai", "akid", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    *("github_pat_", "glpat-", "xox", "aiza", "k_live_", "k_test_", "sk-", "npm_", "hf_", "pw]", "sid]"),
    *("비밀", "패스워드", "암호", "비번", "인증", "토큰", "密码", "密碼", "口令", "密钥", "密鑰", "令牌"),
)
PREFILTER: Final = re.compile(
    f"{NUMBERS.pattern}|(?i:{'|'.join(map(re.escape, WORDS))})|{ODD.pattern}|{ESCAPE.pattern}"
    r"|[A-Za-z0-9+/]{64}|@"
)
LONG_WORD_CHARS: Final = 64  # the body lines of a private key have so many

_words = ahocorasick_rs.AhoCorasick(WORDS)


def has_word(text: str) -> bool:
    """Whether some word is there that a detector of secrets looks for."""
    try:
        return bool(_words.find_matches_as_indexes(text.lower()))
    except UnicodeEncodeError:  # half a surrogate pair, from JSON: no engine of another language takes it
        lowered = text.lower()
        return any(word in lowered for word in WORDS)


def first_word(lowered: str) -> int:
    """Where the first of those words begins in a text in lower case; its start where that is not known."""
    try:
        found = _words.find_matches_as_indexes(lowered)
    except UnicodeEncodeError:
        return 0
    return found[0][1] if found else 0


def has_long_word(text: str) -> bool:
    """Whether something stands there without a space that is as long as a private key's line."""
    return len(text) >= LONG_WORD_CHARS and max(map(len, text.split()), default=0) >= LONG_WORD_CHARS
