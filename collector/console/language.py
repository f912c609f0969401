"""Which language a page speaks: the user's choice, else what the browser asks for, else English."""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path

from terminal import load_language

LOCALE = Path(__file__).parents[1] / "locale"
LANGUAGES = ("en", "ko", "zh-Hans")  # as `lang` in HTML
OWN_NAMES = {"en": "English", "ko": "한국어", "zh-Hans": "简体中文"}
HEADER_CHARS = 500  # of Accept-Language; browsers send below 100


def pick_language(chosen: str, accept: str) -> str:
    """One of `LANGUAGES`.

    >>> pick_language("", "fr;q=0.9, zh-TW;q=0.8, en;q=0.1")
    'zh-Hans'
    >>> pick_language("ko", "en")
    'ko'
    """
    if chosen in LANGUAGES:
        return chosen
    for _, tag in sorted(_wishes(accept[:HEADER_CHARS]), key=lambda wish: -wish[0]):
        for language in LANGUAGES:
            if tag.partition("-")[0] == language.partition("-")[0]:
                return language
    return "en"


def _wishes(accept: str) -> list[tuple[float, str]]:
    wishes = []
    for part in accept.lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        if tag and weight > 0:
            wishes.append((weight, tag))
    return wishes


@lru_cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of messages for one of `LANGUAGES`; ids as they are for English."""
    return load_language(LOCALE, {"LANGUAGE": language})
