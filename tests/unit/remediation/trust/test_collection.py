from __future__ import annotations

import pytest

from remediation.trust.collection import (
    Collection,
    JournalSource,
    OutputSource,
    collection_problem,
    is_plain,
    placeholders_of,
    what_is_collected,
)

ALL = Collection(
    files=["/var/log/shop/*.log"],
    journal=[JournalSource(unit="{service}", since_s=60, lines=5)],
    outputs=[OutputSource(name="disk", argv=["df", "{mount}"])],
)


@pytest.mark.parametrize("root", ["/var/log/shop", "/var/log", "/var"])
def test_what_lies_inside_a_root_may_be_collected(root: str) -> None:
    assert collection_problem(ALL, ["/nowhere", root]) == ""


@pytest.mark.parametrize(
    "root",
    ["/var/log/sho", "/var/log/shop/x", "/", "var", "/var/log/", "/var/../var/log", "/v*", "/var/log/shop/*.log"],
)
def test_what_does_not_is_refused(root: str) -> None:
    assert "/var/log/shop/*.log" in collection_problem(ALL, [root])
    assert collection_problem(ALL, [])


@pytest.mark.parametrize("pattern", ["/var/log/../../etc/shadow", "/var/log/./a", "/var/log//a", "/var*/log/a"])
def test_a_pattern_cannot_leave_its_root(pattern: str) -> None:
    assert collection_problem(Collection(files=[pattern]), ["/var/log"])


def test_without_files_no_root_is_needed() -> None:
    assert collection_problem(Collection(outputs=ALL.outputs), []) == ""


def test_parameters_and_words() -> None:
    assert placeholders_of(ALL) == {"service", "mount"}
    assert what_is_collected(ALL) == ["/var/log/shop/*.log", "journal of {service}: 5 lines of 60 s", "df {mount}"]
    assert is_plain("/a/*", wild=True)
    assert not is_plain("/a/*", wild=False)
