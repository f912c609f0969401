from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.logs.containers import Unwrapper, read_cri, read_docker
from agent.logs.decode import RawLine
from tests.fakes.logs import Site, numbers
from wire.limits import LINE_BYTES

TIME = "2026-11-24T01:00:00.000000001Z"


def docker(text: str, stream: str = "stdout") -> str:
    return json.dumps({"log": text, "stream": stream, "time": TIME}) + "\n"


def cri(text: str, tag: str = "F", stream: str = "stdout") -> str:
    return f"{TIME} {stream} {tag} {text}\n"


def raw_lines(*texts: str) -> list[RawLine]:
    lines, at = [], 0
    for text in texts:
        raw = text.encode()
        lines.append(RawLine(at, at + len(raw), raw.rstrip(b"\n")))
        at += len(raw)
    return lines


@pytest.mark.parametrize("form", ["docker", "cri"])
def test_pieces_are_joined_and_positions_wait_for_the_last_piece(form: str) -> None:
    if form == "docker":
        texts = [docker("one "), docker("other\n", "stderr"), docker("two "), docker("three\n"), docker("four\n")]
        unwrap = Unwrapper("docker")
    else:
        texts = [cri("one ", "P"), cri("other", "F", "stderr"), cri("two ", "P"), cri("three"), cri("four")]
        unwrap = Unwrapper("cri")
    lines = raw_lines(*texts)
    found = [*unwrap(lines[:2]), *unwrap(lines[2:])]
    prefix = f"{TIME} ".encode()
    assert [line.raw for line in found] == [prefix + text for text in (b"other", b"one two three", b"four")]
    assert [(line.start, line.end) for line in found] == [
        (lines[1].start, 0),  # the first piece still waits: after a crash it is read again
        (0, lines[3].end),
        (lines[4].start, lines[4].end),
    ]


@pytest.mark.parametrize(
    "raw",
    [b"", b"plain text", b"{", b'{"log": 5}', b"[1]", b'{"stream": "stdout"}', b'"log"', b"[" * 50_000, b"\xff{}"],
)
def test_what_is_not_of_the_format_is_left_as_it_is(raw: bytes) -> None:
    assert read_docker(raw) is None
    assert read_cri(raw) is None
    line = RawLine(0, len(raw) + 1, raw)
    assert Unwrapper("docker")([line]) == Unwrapper("cri")([line]) == [line]


def test_a_line_that_never_ends_is_bounded() -> None:
    unwrap = Unwrapper("cri")
    lines = raw_lines(*[cri("x" * 16_384, "P") for _ in range(200)])
    found = [line for line in lines for line in unwrap([line])]
    assert len(found) == 200 * 16_384 // (LINE_BYTES + 16_384)
    assert all(len(line.raw) < LINE_BYTES + 17_000 for line in found)


def test_odd_texts() -> None:
    assert read_docker(b'{"log": "a\\ud800b\\n", "time": "t"}') is not None
    found = Unwrapper("docker")(raw_lines(docker("two\nlines\r\n")))
    assert found[0].raw.endswith(b"two\\nlines")


@pytest.fixture(params=["docker", "cri"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, format=request.param)
    made.log.touch()
    made.read()
    yield made
    made.reader.close()


def test_errors_of_a_container_are_events_once_whatever_happens_between(site: Site) -> None:
    is_docker = site.source.format == "docker"
    pieces = [docker("ERROR num"), docker("ber 7\n")] if is_docker else [cri("ERROR num", "P"), cri("ber 7")]
    site.write(docker("ERROR number 6\n") if is_docker else cri("ERROR number 6"))
    site.write(pieces[0])
    assert numbers(site.read()) == [6]
    site.crash()
    site.write(pieces[1])
    site.read()
    site.crash()
    site.read()
    assert numbers(site.intake.events) == [6, 7]
