"""The page about installing: its settings are read, its alerts are rules, and speak of numbers that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from collector.settings.model import Admission, Settings
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from tests.integration.collector.metrics.test_scrape import scrape_of
from wire.yaml_text import read_yaml

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="no promtool (Debian package prometheus)")


def blocks(repository: Path, kind: str) -> list[str]:
    page = (repository / "docs/install.md").read_text()
    return re.findall(rf"^```yaml {kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def test_the_settings_on_the_page_are_settings_and_say_the_defaults(repository: Path) -> None:
    found = [(block, read_yaml(block.encode(), Settings)) for block in blocks(repository, "collector")]
    assert [read.metrics.token_file for block, read in found if block.startswith("metrics:")] == ["metrics.token"]
    assert [read.admission for block, read in found if block.startswith("admission:")] == [Admission()]


def test_the_alerts_speak_of_numbers_that_exist(tmp_path: Path, repository: Path) -> None:
    async def story(desk: Desk, _agent: SigningAgent) -> None:
        [alerts] = blocks(repository, "alerts")
        named = set(re.findall(r"sitewarden_\w+", alerts))
        assert len(named) > 5
        lines = scrape_of(desk).page().splitlines()
        there = {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}
        assert named <= there

    play(tmp_path, story)


@needs_promtool
def test_the_alerts_are_rules(tmp_path: Path, repository: Path) -> None:
    [alerts] = blocks(repository, "alerts")
    assert alerts.count("- alert:") == 5
    rules = tmp_path / "rules.yml"
    for content, expected in ((alerts, 0), (alerts.replace("rate(", "rat("), 1)):
        rules.write_text(content)
        assert PROMTOOL is not None
        done = subprocess.run(
            [PROMTOOL, "check", "rules", str(rules)], capture_output=True, text=True, timeout=30, check=False
        )
        assert bool(done.returncode) == bool(expected), done.stdout + done.stderr
