"""The look's promises that can be computed: contrast of every pair that meets, equal dark blocks, no stray colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[4] / "collector" / "console" / "static"
TOKENS = (STATIC / "tokens.css").read_text()
GROUNDS = ("ground", "surface", "raised", "sunken")


def block(after: str) -> dict[str, str]:
    start = TOKENS.index(after) + len(after)
    body = TOKENS[start : TOKENS.index("}", start)]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", body))


LIGHT = block(":root {")
DARK = LIGHT | block(':root:not([data-theme="light"]) {')
BAR = dict(re.findall(r"--(bar[\w-]*):\s*(#[0-9a-f]{6})", TOKENS))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


PAIRS = [
    *((ink, ground, 7.0) for ink in ("ink", "ink-2") for ground in GROUNDS),
    *(("ink-3", ground, 4.5) for ground in GROUNDS),
    ("on-ink", "ink", 7.0),
    ("on-ink", "ink-hover", 7.0),
    *((state, f"{state}-wash", 4.5) for state in ("ok", "warn", "late", "info", "hold")),
    *(
        (state, ground, 4.5)
        for state in ("ok", "warn", "late", "info", "hold")
        for ground in ("surface", "ground", "raised")
    ),
    *(("ink", f"{state}-wash", 7.0) for state in ("ok", "warn", "late", "info", "hold")),
    ("log-ink", "log-bg", 7.0),
    ("log-ink", "log-hit", 7.0),
    ("log-escape", "log-bg", 4.5),
    ("log-escape", "log-hit", 4.5),
    ("ink-3", "log-bg", 4.5),
    ("on-lv", "lv1", 4.5),
    ("on-lv", "lv2", 4.5),
    *(
        (level, ground, 4.5)
        for level in ("lv1", "lv2", "lv3", "lv4")
        for ground in ("surface", "ground")
        if level in ("lv1", "lv3")
    ),
    *((level, ground, 3.0) for level in ("lv2", "lv4") for ground in ("surface", "ground")),
    *((mark, ground, 3.0) for mark in ("line-strong", "focus") for ground in GROUNDS),
    ("warn", "log-hit", 3.0),
]


@pytest.mark.parametrize(("theme", "tokens"), [("light", LIGHT), ("dark", DARK)])
def test_every_pair_that_meets_has_its_contrast(theme: str, tokens: dict[str, str]) -> None:
    poor = [
        f"{one} on {other}: {contrast(tokens[one], tokens[other]):.2f}, needs {least}"
        for one, other, least in PAIRS
        if contrast(tokens[one], tokens[other]) < least
    ]
    assert poor == [], theme


def test_the_sidebar_has_its_contrast() -> None:
    assert contrast(BAR["bar-ink"], BAR["bar"]) >= 7
    assert contrast(BAR["bar-on"], BAR["bar-on-bg"]) >= 7
    assert contrast(BAR["bar-mark"], BAR["bar"]) >= 3
    assert contrast(BAR["bar-focus"], BAR["bar"]) >= 3


def test_the_two_dark_blocks_are_equal() -> None:
    def words(after: str) -> list[str]:
        start = TOKENS.index(after) + len(after)
        return TOKENS[start : TOKENS.index("}", start)].split()

    assert words(':root:not([data-theme="light"]) {') == words(':root[data-theme="dark"] {')


def test_the_measure_tells_poor_from_good() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    "path",
    [*sorted(STATIC.glob("*.css")), *sorted((STATIC.parent / "templates").glob("*.html"))],
    ids=lambda path: path.name,
)
def test_no_colour_stands_outside_the_tokens(path: Path) -> None:
    if path.name in {"tokens.css", "uPlot.min.css"}:
        return
    assert (
        re.findall(
            r"#[0-9a-fA-F]{3,8}\b(?![-\w])", re.sub(r'href="#[^"]*"|\{[%#].*?[%#]\}|url\([^)]*\)', "", path.read_text())
        )
        == []
    )


@pytest.mark.parametrize("path", sorted((STATIC.parent / "templates").glob("*.html")), ids=lambda path: path.name)
def test_no_inline_script_style_or_handler_stands_in_a_template(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|\|\s*safe|hx-on|autoescape", text)
