from __future__ import annotations

from agent.logs.containers import Unwrapper
from agent.logs.json_lines import JsonLines
from agent.logs.unwrapping import unwrapper_for
from agent.settings.model import Source


def test_each_format_has_its_own() -> None:
    def of(form: str) -> object:
        return unwrapper_for(Source(name="a", path="/a", catalogue="c", format=form))  # type: ignore[arg-type]

    assert of("plain") is None
    assert isinstance(of("json"), JsonLines)
    assert isinstance(of("docker"), Unwrapper)
    assert isinstance(of("cri"), Unwrapper)
