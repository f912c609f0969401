from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.health.debian_version import is_newer

ORDERED = [
    "0",
    "1.0~~",
    "1.0~rc1",
    "1.0",
    "1.0-1",
    "1.0-1+b1",
    "1.0-1+deb12u1",
    "1.0-1.1",
    "1.0a",
    "1.0+dfsg",
    "1.2",
    "1.10",
    "1:0",
]
VERSIONS = st.from_regex(r"\A([0-9]:)?[0-9][0-9a-z.+~]{0,6}(-[0-9a-z+.~]{1,4})?\Z")


@pytest.mark.parametrize(("older", "newer"), [(a, b) for at, a in enumerate(ORDERED) for b in ORDERED[at + 1 :]])
def test_the_order_of_the_manual(older: str, newer: str) -> None:
    assert is_newer(newer, older)
    assert not is_newer(older, newer)


@settings(max_examples=40)
@given(VERSIONS, VERSIONS)
def test_as_dpkg_decides(one: str, other: str) -> None:
    if shutil.which("dpkg") is None:
        pytest.skip("no dpkg")
    said = subprocess.run(["dpkg", "--compare-versions", one, "gt", other], check=False, stderr=subprocess.DEVNULL)
    assert is_newer(one, other) == (said.returncode == 0)


def test_nothing_breaks_it() -> None:
    for text in ("", "::", "-", "~", "한국"):
        assert not is_newer(text, text)
