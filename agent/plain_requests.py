"""`requests` without its guess at the encoding of answers, which nobody here asks for and which costs three megabytes.

The probe of web pages takes `requests` from here; nothing else in the agent uses it. In a process that has the guess
already, nothing changes.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import Final

GUESSES: Final = ("charset_normalizer", "chardet")


def _import_without_guesses() -> None:
    hidden = [name for name in GUESSES if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: the import system's own "not there"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it misses them aloud
            importlib.import_module("requests")
    finally:
        for name in hidden:
            del sys.modules[name]


_import_without_guesses()

import requests  # noqa: E402

__all__ = ["requests"]
