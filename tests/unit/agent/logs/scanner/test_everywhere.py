from __future__ import annotations

from agent.logs.scanner.engines import RANK_BITS
from agent.logs.scanner.everywhere import Everywhere


def test_each_line_is_tried_with_and_without_its_return() -> None:
    tried: list[str] = []

    def matches(rank: int, line: str) -> bool:
        tried.append(line)
        return line.endswith("b")

    assert Everywhere([5], matches).nominate("가\nb\r\nc\n".encode()) == [
        (len("가\nb\r\n".encode()) - 1) << RANK_BITS | 5
    ]
    assert tried == ["가", "b", "c"]


def test_nothing_to_try_costs_nothing() -> None:
    def never(rank: int, line: str) -> bool:
        raise AssertionError(line)

    assert Everywhere([], never).nominate(b"a\n") == []
    assert Everywhere([1], never).nominate(b"") == []
