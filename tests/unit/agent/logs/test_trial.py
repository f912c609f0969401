from __future__ import annotations

from agent.logs.scan import Scanner
from agent.logs.trial import Tally, try_log
from agent.settings.encoding import find_encoding
from tests.fakes.logs import CATALOGUE
from wire.catalogue import read_catalogue

SCANNER = Scanner(read_catalogue(CATALOGUE)[0])
TEXT = "nothing\ntimeout of ward\r\n\nback again\nERROR number 7"


def test_hits_and_figures() -> None:
    for encoding in ("utf-8", "utf-16"):
        content = TEXT.encode(encoding)
        for size in (1, 3, 1_000):
            tally = Tally()
            chunks = [content[at : at + size] for at in range(0, len(content), size)]
            if encoding == "utf-16" and size == 1:
                chunks = [chunks[0] + chunks[1], *chunks[2:]]  # the mark is read at once
            hits = list(try_log(SCANNER, find_encoding(encoding), chunks, tally))
            assert [(hit.line_number, hit.found.code.error.code) for hit in hits] == [
                (2, "TIMEOUT"),
                (4, "BACK"),
                (5, "NUMBERED"),
            ]
            assert hits[2].found.fields == {"number": "7"}
            assert (tally.lines, tally.hits, len(tally.codes), tally.bytes_read) == (5, 3, 3, len(content))


def test_an_empty_log() -> None:
    tally = Tally()
    assert list(try_log(SCANNER, find_encoding("utf-8"), [], tally)) == []
    assert tally == Tally()


def test_what_is_no_text_is_counted() -> None:
    tally = Tally()
    list(try_log(SCANNER, find_encoding("utf-8"), [b"\xff\xfe\n" + bytes(10) + b"\n" + b"x" * 1_000_001], tally))
    assert (tally.undecodable, tally.nuls, tally.lines_cut, tally.lines) == (2, 9, 1, 3)
