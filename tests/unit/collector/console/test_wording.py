from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from markupsafe import Markup

from collector.console.wording import Wording
from collector.sla.clock import read_target
from wire.catalogue.model import Texts

NOW = datetime(2026, 11, 24, 1, 42, tzinfo=UTC)
HERE = Path(__file__).parents[4] / "collector" / "locale"

needs_compiled = pytest.mark.skipif(
    not (HERE / "ko" / "LC_MESSAGES" / "sitewarden.mo").exists(), reason="the .mo files are not compiled (make venv)"
)


@needs_compiled
@pytest.mark.parametrize(
    ("seconds", "en", "ko", "zh"),
    [
        (0, "0 s", "0초", "0秒"),
        (59, "59 s", "59초", "59秒"),
        (60, "1 min", "1분", "1分"),
        (3_600, "1 h", "1시간", "1小时"),
        (11_760, "3 h 16 min", "3시간 16분", "3小时16分"),
        (86_400, "1 d", "1일", "1天"),
        (86_400 + 61, "1 d", "1일", "1天"),
        (97_300, "1 d 3 h", "1일 3시간", "1天3小时"),
        (-5, "0 s", "0초", "0秒"),
    ],
)
def test_durations(seconds: int, en: str, ko: str, zh: str) -> None:
    said = [str(Wording(language, NOW).duration(timedelta(seconds=seconds))) for language in ("en", "ko", "zh-Hans")]
    assert said == [en, ko, zh]


@needs_compiled
@pytest.mark.parametrize(
    ("at", "tz", "en", "ko", "zh"),
    [
        (NOW, "Asia/Seoul", "today 10:42 KST", "오늘 10:42 KST", "今天 10:42 KST"),
        (NOW, "Asia/Shanghai", "today 09:42 CST (UTC+8)", "오늘 09:42 CST (UTC+8)", "今天 09:42 北京时间"),
        (NOW - timedelta(hours=11), "Asia/Seoul", "yesterday 23:42 KST", "어제 23:42 KST", "昨天 23:42 KST"),
        (NOW - timedelta(days=3), "Asia/Seoul", "21 Nov 10:42 KST", "11월 21일 10:42 KST", "11月21日 10:42 KST"),
        (
            NOW - timedelta(days=365),
            "UTC",
            "24 Nov 2025 01:42 UTC",
            "2025년 11월 24일 01:42 UTC",
            "2025年11月24日 01:42 UTC",
        ),
        (NOW, "Asia/Kolkata", "today 07:12 UTC+5:30", "오늘 07:12 UTC+5:30", "今天 07:12 UTC+5:30"),
        (NOW, "No/Where", "today 01:42 UTC", "오늘 01:42 UTC", "今天 01:42 UTC"),
    ],
)
def test_instants_carry_their_zone(at: datetime, tz: str, en: str, ko: str, zh: str) -> None:
    assert [str(Wording(language, NOW).when(at, tz)) for language in ("en", "ko", "zh-Hans")] == [en, ko, zh]


def test_cst_never_stands_alone() -> None:
    for language in ("en", "ko", "zh-Hans"):
        assert Wording(language, NOW).zone_label(NOW, "Asia/Shanghai") != "CST"


def test_values_are_escaped_and_markup_is_kept() -> None:
    words = Wording("en", NOW)
    assert words.text("{who} wrote", who="<b>") == "&lt;b&gt; wrote"
    assert words.text("{who} wrote", who=Markup("<b>jh</b>")) == "<b>jh</b> wrote"


def test_a_title_without_translation_says_which_language_it_is_in() -> None:
    words = Wording("ko", NOW)
    assert (words.title(Texts(en="Late", ko="늦음")), words.lang_of(Texts(en="Late", ko="늦음"))) == ("늦음", "ko")
    assert (words.title(Texts(en="Late")), words.lang_of(Texts(en="Late"))) == ("Late", "en")


def test_sizes_and_numbers() -> None:
    words = Wording("en", NOW)
    assert [words.size(count) for count in (0, 999, 1_500, 48_000, 4_100_000, 38e9, 2e15)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "48 kB",
        "4.1 MB",
        "38 GB",
        "2000 TB",
    ]
    assert words.number(1_904) == "1,904"


@needs_compiled
@pytest.mark.parametrize(
    ("target", "en", "ko", "zh"),
    [
        ("0.25h-elapsed", "15 min, day and night", "15분, 밤낮 없이", "15分\uff0c昼夜连续"),
        ("8h", "8 h of working time", "업무 시간 8시간", "工作时间 8小时"),
        ("3bd", "3 working days", "업무일 3일", "3 个工作日"),
    ],
)
def test_what_a_clock_promises(target: str, en: str, ko: str, zh: str) -> None:
    said = [str(Wording(language, NOW).target(read_target(target))) for language in ("en", "ko", "zh-Hans")]
    assert said == [en, ko, zh]
