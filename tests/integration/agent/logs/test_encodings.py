# ruff: noqa: RUF001  # Chinese has its own punctuation
"""Logs of each encoding through real files: every engine, with and without records, named and found out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.logs import scan
from agent.logs.follow import Follower
from agent.logs.scanner.automaton import AutomatonEngine
from agent.logs.scanner.choosing import Matches, choose_engine
from agent.logs.scanner.engines import Engine
from agent.logs.scanner.everywhere import Everywhere
from agent.logs.scanner.needles import Needle
from agent.settings.model import RecordRule
from tests.fakes.foreign_logs import CHINESE, JAPANESE, KOREAN
from tests.fakes.logs import Site
from wire.messages import Event

CATALOGUE = """product: his
version: "1"
modules:
  - code: BIL
    name: {en: Billing}
    errors:
      - {code: KO, level: 2, title: {en: t}, match: [{regex: '결제 오류: (?P<what>.+) \\((?P<number>\\d+)\\)'}]}
      - {code: KO-2, level: 3, title: {en: t}, match: [{literal: 디스크 공간 부족}]}
      - {code: ZH, level: 2, title: {en: t}, match: [{regex: '支付错误：(?P<what>[^（]+)（交易 (?P<number>\\d+)）$'}]}
      - {code: ZH-2, level: 3, title: {en: t}, match: [{literal: 磁盘空间不足}]}
      - {code: JA, level: 2, title: {en: t}, match: [{regex: '決済エラー: (?P<what>.*?)が'}]}
"""
KOREAN_LOG = [line.replace("(거래 88)", "(88)") for line in KOREAN]
TEXTS = {"ko": (KOREAN_LOG, ["KO", "KO-2"]), "zh": (CHINESE, ["ZH", "ZH-2"]), "ja": (JAPANESE, ["JA"])}
LANGUAGES = {
    "utf-8": "ko",
    "cp949": "ko",
    "euc-kr": "ko",
    "gbk": "zh",
    "gb18030": "zh",
    "shift_jis": "ja",
    "utf-16": "zh",
    "utf-16-le": "ko",
    "utf-16-be": "ja",
}
RECORDS: dict[str, Any] = {"lines": None, "start": RecordRule(start=r"^\d{4}-"), "java": "java"}


def a_site(folder: Path, engine: str = "", **source: Any) -> Site:
    """Equal catalogues are compiled once in a process: `engine` makes another of it."""
    (folder / "catalogue.yaml").write_text(f"{CATALOGUE}# {engine}\n", encoding="utf-8")
    site = Site(folder, start="beginning", open_tickets=True, **source)
    site.write(b"")
    return site


def read_all(site: Site) -> list[Event]:
    events = site.read()
    site.sleep(10)
    return events + site.read()


def encoded(lines: list[str], codec: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode(codec)


@pytest.fixture(params=["hyperscan", "ahocorasick", "re"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The engine that the reader is left with."""
    engines = {
        "hyperscan": choose_engine,
        "ahocorasick": lambda needles, matches, _: AutomatonEngine(needles, matches),
        "re": everywhere,
    }
    monkeypatch.setattr(scan, "choose_engine", engines[request.param])
    return str(request.param)


def everywhere(needles: Sequence[Needle], matches: Matches, _: Path | None = None) -> Engine:
    return Everywhere([needle.rank for needle in needles], matches)


def engine_of(site: Site) -> str:
    follower = site.reader._places["app"].reading.follower
    assert isinstance(follower, Follower)
    return follower.rules.scanner.engine


@pytest.mark.parametrize("rule", list(RECORDS))
@pytest.mark.parametrize("given", ["named", "auto"])
@pytest.mark.parametrize("codec", list(LANGUAGES))
def test_every_code_is_found(codec: str, given: str, rule: str, engine: str, tmp_path: Path) -> None:
    lines, codes = TEXTS[LANGUAGES[codec]]
    source = {"encoding": codec if given == "named" else "auto", "record": RECORDS[rule]}
    site = a_site(tmp_path, engine, **source)
    content = encoded(lines, codec)
    for at in range(0, len(content), 61):  # characters are cut anywhere
        site.write(content[at : at + 61])
    events = read_all(site)
    assert [event.code for event in events] == codes
    assert engine_of(site) == engine
    assert events[0].text in lines
    assert events[0].fields.get("number", "88") == "88"
    assert site.problems() == {}
    (state,) = site.reader.problems()
    assert bool(state.encoding) == (given == "auto")


def texts(events: list[Event]) -> list[str]:
    return [text for event in events for text in (event.text, *event.samples)]


def test_a_file_that_goes_over_to_utf_8(tmp_path: Path) -> None:
    site = a_site(tmp_path, encoding="auto")
    site.write(encoded(KOREAN_LOG, "cp949"))
    assert KOREAN_LOG[1] in texts(read_all(site))
    site.write(encoded(KOREAN_LOG, "utf-8"))
    assert KOREAN_LOG[1] in texts(read_all(site))
    assert site.problems() == {}


def test_a_file_of_utf_8_that_goes_over_to_another(tmp_path: Path) -> None:
    site = a_site(tmp_path, encoding="auto")
    site.write(encoded(CHINESE, "utf-8"))
    assert CHINESE[1] in texts(read_all(site))
    site.write(encoded(CHINESE, "gb18030"))
    assert CHINESE[1] in texts(read_all(site))
    assert [state.encoding for state in site.reader.problems()] == ["gb18030"]


def test_each_file_after_a_rotation_is_looked_at_anew_with_its_mark(tmp_path: Path) -> None:
    site = a_site(tmp_path, encoding="auto")
    site.write(encoded(KOREAN_LOG, "cp949"))
    read_all(site)
    site.log.rename(tmp_path / "app.log.1")
    site.write(b"\xef\xbb\xbf" + encoded(CHINESE[1:2], "utf-8"))
    site.write(b"\xef\xbb\xbf" + encoded(CHINESE[4:], "utf-8"))  # another program appends its own file, mark and all
    assert texts(read_all(site)) == [CHINESE[1], CHINESE[4]]
    site.log.rename(tmp_path / "app.log.2")
    site.write(encoded(JAPANESE, "utf-16"))
    assert JAPANESE[1] in texts(read_all(site))


def test_after_a_restart_it_is_read_as_before(tmp_path: Path) -> None:
    site = a_site(tmp_path, encoding="auto")
    site.write(encoded(KOREAN_LOG, "cp949") + b"2026-11-24 10:00:05 INFO plain\n" * 5_000)
    read_all(site)
    site.crash()
    site.write(encoded(["2026-11-24 10:00:06 ERROR 디스크 공간 부족"], "cp949"))  # too short to tell by itself
    (event,) = read_all(site)
    assert (event.code, event.text) == ("KO-2", "2026-11-24 10:00:06 ERROR 디스크 공간 부족")


def test_what_cannot_be_told_is_kept_escaped_counted_and_said(tmp_path: Path) -> None:
    site = a_site(tmp_path, encoding="auto")
    site.write(b"ok \xe9 \xff\xfe\n" + "디스크 공간 부족\n".encode())
    (event,) = read_all(site)
    assert event.before == ["ok \\xe9 \\xff\\xfe"]
    assert "3 bytes are in no encoding that can be told" in site.problems()["app.log"]


@pytest.mark.parametrize("codec", list(LANGUAGES))
def test_a_wrong_name_stops_nothing_and_is_said(codec: str, tmp_path: Path) -> None:
    lines, codes = TEXTS[LANGUAGES[codec]]
    site = a_site(tmp_path, encoding="ascii")
    site.write(encoded(lines, codec) + b"\n" + b"after\n")
    assert [event.code for event in read_all(site)] == []
    assert "are not ascii" in site.problems()["app.log"]
    assert site.reader.problems()[0].position == site.log.stat().st_size
    assert codes, "the control: the right name finds them (above)"
