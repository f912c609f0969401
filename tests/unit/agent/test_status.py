from __future__ import annotations

from pathlib import Path

from agent.status import FILE_NAME, Status, read_status, tell, write_status
from wire.messages import SourceState
from wire.sentence import sentence


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    inner = sentence("the collector answered {status}", status=503)
    problem = tell(sentence("{path}: {problem}", path=Path("/x"), problem=inner))
    status = Status(
        pid=1, version="1", started_at="t", written_at="t", session=2, settings="s", problem=problem,
        sources=[SourceState(path="/log", position=5)],
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
