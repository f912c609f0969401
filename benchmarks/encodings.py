"""How often the encoding of a log is told, told wrongly or not told; by real text of several languages.

`python benchmarks/encodings.py` takes the translations that Debian's packages install (/usr/share/locale) as they
would be in a log; languages that are not there are left out.
"""

from __future__ import annotations

import gettext
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from agent.logs.guess import Guess

LOCALES = Path("/usr/share/locale")
LINES_MAX = 9_000
LOG_LINES = 50
PAGES = (1, 5, 20)  # lines that are looked at together
# Language, how it is written, and what should be told of it: nothing for what is not known.
KNOWN = (("ko", "cp949", "cp949"), ("zh_CN", "gb18030", "gb18030"), ("ja", "cp932", "cp932"))
OTHER = (
    ("ja", "euc-jp", ""),
    ("zh_TW", "big5", ""),
    ("ru", "cp1251", ""),
    ("ru", "koi8-r", ""),
    ("el", "cp1253", ""),
    ("th", "cp874", ""),
    ("fr", "latin-1", ""),
    ("de", "latin-1", ""),
)


def translations(language: str) -> list[str]:
    """Sentences of the programs that are installed here, in no order."""
    found: list[str] = []
    for path in sorted(LOCALES.glob(f"{language}/LC_MESSAGES/*.mo")):
        try:
            with path.open("rb") as file:
                catalogue: dict[object, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
        except UnicodeDecodeError:  # a file that says another encoding than it has
            continue
        found += [text.replace("\n", " ") for key, text in catalogue.items() if key]
    random.Random(2).shuffle(found)  # noqa: S311  # the same order every time
    return found[:LINES_MAX]


def encoded(texts: list[str], codec: str) -> list[bytes]:
    """Those that can be written in it and are not mere ASCII."""
    lines = []
    for text in texts:
        try:
            line = text.encode(codec)
        except UnicodeError:
            continue
        if not line.isascii():
            lines.append(line)
    return lines


def rates(lines: list[bytes], page: int, wanted: str) -> str:
    """Shares of the pages that were told rightly, not, and wrongly."""
    told = [Guess().see(b"\n".join(lines[at : at + page]) + b"\n") for at in range(0, len(lines) - page + 1, page)]
    wrong = sum(found not in {"", wanted} for found in told)
    unsure = sum(not found for found in told) if wanted else 0
    return f"{wrong / len(told):.3%} wrong, {unsure / len(told):.2%} not told, of {len(told)}"


def one_by_one(lines: list[bytes], wanted: str) -> str:
    """As a log that is written while it is read: certainty stays, so the first one counts."""
    logs = [lines[at : at + LOG_LINES] for at in range(0, len(lines) - LOG_LINES + 1, LOG_LINES)]
    wrong = after = 0
    for log in logs:
        guess = Guess()
        told = [guess.see(line) for line in log]
        wrong += guess.codec not in {"", wanted}
        after += sum(not found for found in told)
    late = f", told after {after / len(logs):.1f} lines" if wanted else ""
    return f"{wrong} of {len(logs)} wrong{late}"


def main() -> None:
    """Print a line for each language, encoding and size of a page."""
    for language, codec, wanted in (*KNOWN, *OTHER):
        lines = encoded(translations(language), codec)
        for page in PAGES if len(lines) >= max(PAGES) else ():
            print(f"{language} in {codec}, {page} lines: {rates(lines, page, wanted)}")
        if len(lines) >= LOG_LINES:
            print(f"{language} in {codec}, logs of {LOG_LINES} lines, one by one: {one_by_one(lines, wanted)}")
    lines = encoded(translations("ko"), "cp949")
    if lines:
        begin = time.process_time()
        Guess().see(b"\n".join(lines))
        spent_s = time.process_time() - begin
        print(f"one look at {sum(map(len, lines)) / 1e6:.2f} MB (of it 2,000 lines at most): {spent_s * 1_000:.0f} ms")


if __name__ == "__main__":
    main()
