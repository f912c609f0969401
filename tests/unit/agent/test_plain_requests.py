"""In processes of their own: what is imported here stays imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

PROGRAM = (
    "import sys; {first}; from agent.plain_requests import requests; "
    "sys.exit(10 + (requests.models.chardet is None) + 2 * ('charset_normalizer' in sys.modules))"
)


def ending(first: str, repository: Path) -> int:
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    words = [sys.executable, "-W", "error", "-c", PROGRAM.format(first=first)]
    pid = os.posix_spawn(sys.executable, words, environment)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize(
    ("first", "expected"),
    [("pass", 11), ("import charset_normalizer", 12), ("import requests", 12)],
    ids=["it guesses nothing", "who has the guess keeps it", "too late changes nothing"],
)
def test_the_guess_is_left_out(first: str, expected: int, repository: Path) -> None:
    assert ending(first, repository) == expected
