"""Paths that would lead elsewhere, or be taken for one another."""

from __future__ import annotations

import unicodedata

import pytest

from remediation.patch.paths import COMPONENT_BYTES, PATH_BYTES, folded, path_faults, together_faults


def wide(text: str) -> str:
    """The same in full-width letters."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@pytest.mark.parametrize(
    "path", ["app", "bin/app", "etc/수납.conf", "a b/c..d", ".hidden", "...", "a" * COMPONENT_BYTES]
)
def test_plain_paths(path: str) -> None:
    assert list(path_faults(path)) == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../etc/passwd",
        "bin/../../x",
        "bin/./app",
        "bin//app",
        "/etc/passwd",
        "bin/",
        "bin\\app",
        "a\nb",
        "a\0b",
        "a\x7fb",
        "a\u202eb",  # the writing turns around
        "a\u200bb",  # a space of no width
        "a\u2028b",
        "a\ud800",
        wide("../x"),
        wide("bin/../x"),
        ".sitewarden/x",
        "x/.SiteWarden",
        wide(".sitewarden") + "/x",
        "bin/.app.sitewarden",
        "a" * (COMPONENT_BYTES + 1),
        "가" * (COMPONENT_BYTES // 3 + 1),
        "/".join(["a" * 99] * (PATH_BYTES // 100 + 1)),
    ],
)
def test_paths_that_are_refused(path: str) -> None:
    assert list(path_faults(path)) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bin/app", "bin/app"),
        ("bin/app", "bin/APP"),
        ("bin/app", "Bin/other"),
        ("stra\u00dfe", "STRASSE"),
        ("etc/수납", unicodedata.normalize("NFD", "etc/수납")),
        ("caf\u00e9/a", "cafe\u0301/b"),
        ("bin/app", wide("bin/app")),
        ("lib/\ufb01le", "lib/file"),
        ("\u212a/x", "k/y"),  # the sign of Kelvin
        ("bin", "bin/app"),
        ("BIN", "bin/app"),
    ],
)
def test_twins_and_files_below_files(one: str, other: str) -> None:
    assert list(together_faults([one, other])) != []
    assert list(together_faults([other, one])) != []


def test_different_paths_stand_side_by_side() -> None:
    assert list(together_faults(["bin/app", "bin/apps", "bin2/app", "etc/app", "app"])) == []
    assert folded("bin/app") != folded("bin/apps")
