from __future__ import annotations

from pathlib import Path

import agent.commands
from agent.__main__ import COMMANDS


def test_every_command_stands_in_the_table_under_its_own_name() -> None:
    for later in COMMANDS:
        assert later.command().name == later.name
    files = Path(agent.commands.__path__[0]).glob("*.py")
    defining = {f"agent.commands.{path.stem}" for path in files if "\nCOMMAND = " in path.read_text(encoding="utf-8")}
    assert defining == {later.module for later in COMMANDS}
