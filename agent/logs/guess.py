r"""Which encoding the bytes of a log are in, where the settings say `encoding: auto`. Pure.

Valid UTF-8 wins: what is no UTF-8 is hardly ever valid in it by chance. Among the others a small model of
each language says how likely it writes just these bytes: how often a character that is common in logs, in
the language, or rare. One has to be 100,000 times likelier than the others, and like its language at
all; until then the answer is none, and the bytes stay escaped. Korean and Chinese share most of their byte
pairs, so a word of two characters is not enough and a sentence is.

>>> guess = Guess()
>>> guess.see("2026-11-24 오류: 데이터베이스 연결에 실패했습니다\n".encode("cp949"))
'cp949'
>>> Guess().see("café\n".encode("latin-1"))
''
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from agent.settings.encoding import Encoding

MARGIN: Final = math.log(100_000)
LIKELY: Final = -8.8  # mean log-probability of a character, below which it is no text of the language
BROKEN: Final = -12.0  # of a line that the encoding does not know
LINES_MAX: Final = 2_000  # looked at in one call
ASCII: Final = math.log(1 / 95)

_KOREAN: Final = frozenset(
    "이다는의에가을하고지를로은도한서기사어자있나시대인아리해들수일그정보라게부전성만여주구상과것면장제적동요안오없음습니까"
    "않관련실패류연결파일접속버청료완작종화확입출력번호등록저삭생처설원중내신비용양공국방문소식경발단모때간든되었했합"
    "데터베스환약조회세션재예외할당메초권잠금복백업프그램"
)
_CHINESE: Final = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然"
    "没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已从动两长知现分将外但些与高意进把法此实回二理点月明其"
    "种全工者向情部正名定问力机给等业最间新什打便位因重被电第门相次使再信少关并内加化由代产入先总场比员性通目报立命数件安表原应路"
    "期常提更反合放做系计错误失败连接超据库异请求服务器户登录找网络端口启停止配置读取写功处任态密码权限磁盘存空足志警告息"
    "患挂号收费院医病"
)


class Model(NamedTuple):
    """One encoding, and the log-probability of a character in its language."""

    codec: str
    likelihood: Callable[[str], float]


class Guess:
    """Collects what lines tell, until one encoding is certain; `codec` is empty before."""

    def __init__(self) -> None:
        self.codec = ""
        self._scores = dict.fromkeys((model.codec for model in MODELS), 0.0)
        self._foreign = dict.fromkeys(self._scores, 0.0)  # the part of the score that is beyond ASCII
        self._chars = dict.fromkeys(self._scores, 0)  # of how many characters

    def see(self, chunk: bytes) -> str:
        """Look at some lines; what they are in, with all that was seen before. Certainty stays."""
        if not self.codec and not is_utf8(chunk):
            for line in chunk.split(b"\n")[:LINES_MAX]:
                if not is_utf8(line):
                    self._add(line)
            self.codec = self._decide()
        return self.codec

    def _add(self, line: bytes) -> None:
        for model in MODELS:
            try:
                text = line.decode(model.codec)
            except UnicodeError:
                self._scores[model.codec] += ASCII * len(line) + BROKEN
                self._foreign[model.codec] += BROKEN
                self._chars[model.codec] += 1
                continue
            found = [model.likelihood(char) for char in text if char >= "\x80"]
            self._scores[model.codec] += sum(found) + ASCII * (len(text) - len(found))
            self._foreign[model.codec] += sum(found)
            self._chars[model.codec] += len(found)

    def _decide(self) -> str:
        (best, score), (_, second), *_ = sorted(self._scores.items(), key=lambda item: -item[1])
        return best if score - second >= MARGIN and self._mean(best) >= LIKELY else ""

    def _mean(self, codec: str) -> float:
        """Of the characters beyond ASCII."""
        return self._foreign[codec] / max(1, self._chars[codec])


class Recogniser:
    """The encoding of one file as far as it is known; `encoding` changes once at most."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._guess = Guess()

    def see(self, chunk: bytes) -> Encoding:
        """The encoding after a look at some bytes of the file."""
        if self.encoding.is_guessed and not self.encoding.other:
            other = self._guess.see(chunk)
            self.encoding = replace(self.encoding, other=other) if other else self.encoding
        return self.encoding


def is_utf8(raw: bytes) -> bool:
    """Whether the bytes are valid UTF-8 (or ASCII)."""
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeError:
        return False
    return True


def _share(share: float, of: int) -> float:
    """The log-probability of one of `of` characters that together are a `share` of the text."""
    return math.log(share / of)


@lru_cache(maxsize=8_192)
def _korean(char: str) -> float:
    if char in _KOREAN:
        return _share(0.6, len(_KOREAN))
    if "가" <= char <= "힣":
        return _share(0.36, 2_350) if len(char.encode("euc_kr")) == len("xx") else _share(0.001, 8_822)
    return _share(0.004, 4_888) if _is_ideograph(char) else _share(0.02, 986)


@lru_cache(maxsize=8_192)
def _chinese(char: str) -> float:
    if char in _CHINESE:
        return _share(0.5, len(_CHINESE))
    if _is_mark(char):
        return _share(0.08, 20)
    if not _is_ideograph(char):
        return _share(0.004, 700)
    try:
        lead = char.encode("gb2312")[0]
    except UnicodeError:
        return _share(0.003, 14_000)
    return _share(0.38, 3_755) if lead <= 0xD7 else _share(0.02, 3_008)  # noqa: PLR2004  # the first level


@lru_cache(maxsize=8_192)
def _japanese(char: str) -> float:
    if "ぁ" <= char <= "ん":
        return _share(0.4, 83)
    if "ァ" <= char <= "ー":
        return _share(0.25, 90)
    if "｡" <= char <= "ﾟ":
        return _share(0.002, 63)
    if _is_ideograph(char):
        return _share(0.3, 2_965) if char.encode("cp932", "replace")[0] <= 0x97 else _share(0.01, 3_390)  # noqa: PLR2004
    return _share(0.06, 40) if _is_mark(char) else _share(0.005, 500)


def _is_mark(char: str) -> bool:
    """Punctuation as wide as an ideograph, or a Chinese quotation mark."""
    return "\u3000" <= char <= "\u303f" or "\uff01" <= char <= "\uff1f" or char in "\u201c\u201d\u30fb"


def _is_ideograph(char: str) -> bool:
    return unicodedata.name(char, "").startswith("CJK ")


MODELS: Final = (Model("cp949", _korean), Model("gb18030", _chinese), Model("cp932", _japanese))
