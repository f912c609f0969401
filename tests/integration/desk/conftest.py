"""The desk's command line, as a person runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from deploy.desk.__main__ import COMMANDS, LOCALE
from terminal import run
from wire.sentence import sentence


@dataclass(frozen=True)
class Ran:
    """What came out of a command."""

    code: int
    out: str
    err: str


Desk = Callable[..., Ran]


@pytest.fixture
def desk(capsys: pytest.CaptureFixture[str]) -> Desk:
    """Run `sitewarden` with these words."""

    def call(*words: object) -> Ran:
        capsys.readouterr()
        code = run("sitewarden", sentence("the desk"), COMMANDS, LOCALE, [str(word) for word in words])
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return call
