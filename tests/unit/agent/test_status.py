from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from agent.followed import followed
from agent.status import FILE_NAME, Status, read_status, says_the_same, write_status
from agent.told import tell
from wire.sentence import sentence


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    inner = sentence("the collector answered {status}", status=503)
    problem = tell(sentence("{path}: {problem}", path=Path("/x"), problem=inner))
    status = Status(
        pid=1, version="1", started_at="t", written_at="t", session=2, settings="s", problem=problem,
        sources=[followed("/log", 5)],
    )  # fmt: skip
    write_status(tmp_path, status)
    found = read_status(tmp_path)
    assert found == status
    assert found is not None
    assert found.problem is not None
    words = found.problem.sentence()
    assert str(words) == "/x: the collector answered 503"
    korean = {"the collector answered {status}": "수집기 응답 {status}"}
    assert words.translated(korean.get) == "/x: 수집기 응답 503"


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None
    (tmp_path / FILE_NAME).write_bytes(b"{half")
    assert read_status(tmp_path) is None


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    write_status(tmp_path / "missing", Status(pid=1, version="", started_at="", written_at="", session=1, settings=""))


def test_the_same_again_is_known_whatever_it_took_meanwhile() -> None:
    status = Status(pid=1, version="", started_at="", written_at="a", session=1, settings="", rss_bytes=5)
    assert says_the_same(replace(status, written_at="b", rss_bytes=6, cpu_seconds=1.0), status)
    assert not says_the_same(replace(status, sealed=1), status)
    assert not says_the_same(status, None)
