from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent import apart
from agent.apart import made_apart


def test_what_a_child_makes_comes_back() -> None:
    made = made_apart(lambda: str(os.getpid()).encode() * 50_000, most=1_000_000)
    assert made is not None
    assert set(made.decode().split(str(os.getpid()))) != {""}, "it was made in this very process"


def test_a_child_that_fails_gives_nothing() -> None:
    def fail() -> bytes:
        raise ValueError

    assert made_apart(fail, most=10) is None


def test_too_much_is_nothing() -> None:
    assert made_apart(lambda: bytes(10), most=10) == bytes(10)
    assert made_apart(lambda: bytes(11), most=10) is None
    assert made_apart(lambda: bytes(10_000_000), most=10) is None, "more than a pipe holds"


def test_a_child_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def spin() -> bytes:
        while True:
            pass

    monkeypatch.setattr(apart, "CHILD_CPU_S", 1)
    assert made_apart(spin, most=10) is None


def test_a_child_holds_no_descriptor_of_ours() -> None:
    ours, other = os.pipe()
    try:
        made = made_apart(lambda: b"%d" % len(list(Path("/proc/self/fd").iterdir())), most=10)
        assert made == b"2", "its pipe and the folder that it lists"
    finally:
        os.close(ours)
        os.close(other)


def test_no_process_to_be_had_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError

    monkeypatch.setattr(os, "fork", refuse)
    assert made_apart(lambda: b"x", most=10) is None
