"""Every progress with every kind of version, and each thing that can be missing, at its edge."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from collector.patches.applicability import Applicability, Circumstances, Reason, Verdict, judge, tight_mount
from collector.patches.model import Decision, DecisionKind, Fact, Patch, Progress, Standing
from remediation.patch.manifest import Needs
from tests.fakes.patches import NOW, a_fact, a_patch

FROM, TO, OTHER, EMPTY = "1.9", "2.0", "3.0", ""
EARLIER = NOW - timedelta(days=3)

# (progress, version) -> the answer; None is: no request was made. The version was seen before the answer came.
TABLE = {
    (None, FROM): Applicability.INSTALLABLE_NOW,
    (None, TO): Applicability.INSTALLED,
    (None, OTHER): Applicability.NOT_AFFECTED,
    (None, EMPTY): Applicability.BLOCKED,
    (Progress.ASKED, FROM): Applicability.INSTALLABLE_NOW,
    (Progress.ASKED, TO): Applicability.INSTALLED,
    (Progress.ASKED, OTHER): Applicability.NOT_AFFECTED,
    (Progress.ASKED, EMPTY): Applicability.BLOCKED,
    (Progress.NOT_APPROVED, FROM): Applicability.BLOCKED,
    (Progress.NOT_APPROVED, TO): Applicability.INSTALLED,
    (Progress.NOT_APPROVED, OTHER): Applicability.NOT_AFFECTED,
    (Progress.NOT_APPROVED, EMPTY): Applicability.BLOCKED,
    (Progress.WINDOW, FROM): Applicability.BLOCKED,
    (Progress.WINDOW, TO): Applicability.INSTALLED,
    (Progress.WINDOW, OTHER): Applicability.NOT_AFFECTED,
    (Progress.WINDOW, EMPTY): Applicability.BLOCKED,
    (Progress.APPROVED, FROM): Applicability.INSTALLABLE_NOW,
    (Progress.APPROVED, TO): Applicability.INSTALLED,
    (Progress.APPROVED, OTHER): Applicability.NOT_AFFECTED,
    (Progress.APPROVED, EMPTY): Applicability.BLOCKED,
    (Progress.DONE, FROM): Applicability.INSTALLED,
    (Progress.DONE, TO): Applicability.INSTALLED,
    (Progress.DONE, OTHER): Applicability.NOT_AFFECTED,
    (Progress.DONE, EMPTY): Applicability.INSTALLED,
    (Progress.ROLLED_BACK, FROM): Applicability.ROLLED_BACK,
    (Progress.ROLLED_BACK, TO): Applicability.INSTALLED,
    (Progress.ROLLED_BACK, OTHER): Applicability.NOT_AFFECTED,
    (Progress.ROLLED_BACK, EMPTY): Applicability.ROLLED_BACK,
    (Progress.LOST, FROM): Applicability.UNKNOWN,
    (Progress.LOST, TO): Applicability.UNKNOWN,
    (Progress.LOST, OTHER): Applicability.UNKNOWN,
    (Progress.LOST, EMPTY): Applicability.UNKNOWN,
}


def around(progress: Progress | None, **other: Any) -> Circumstances:
    return Circumstances(None if progress is None else Standing(progress, NOW), **other)


def said(kind: DecisionKind, **other: Any) -> Circumstances:
    until = NOW + timedelta(days=1) if kind is DecisionKind.DEFERRED else None
    return Circumstances(decision=Decision(1, "a", "his", "his-2.0", kind, until, "later", "Kim", "jh", NOW), **other)


def test_the_table_has_the_whole_product() -> None:
    assert set(TABLE) == set(itertools.product((None, *Progress), (FROM, TO, OTHER, EMPTY)))


@pytest.mark.parametrize(("progress", "version"), TABLE)
def test_every_progress_with_every_version(progress: Progress | None, version: str) -> None:
    assert judge(a_patch(), a_fact(version), NOW, around(progress)).state is TABLE[progress, version]


@pytest.mark.parametrize(("progress", "version"), TABLE)
def test_of_a_host_that_is_not_heard_nothing_is_known(progress: Progress | None, version: str) -> None:
    expected = Verdict(Applicability.UNKNOWN, Reason.SILENT)
    assert judge(a_patch(), a_fact(version, is_heard=False), NOW, around(progress)) == expected


def test_a_host_without_the_module_is_not_affected() -> None:
    assert judge(a_patch(), None, NOW, around(Progress.LOST)) == Verdict(Applicability.NOT_AFFECTED)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, Applicability.INSTALLED), (0, Applicability.INSTALLED), (1, Applicability.ROLLED_BACK)],
)
def test_a_version_that_came_back_after_the_success_means_taken_back(seconds: int, expected: Applicability) -> None:
    since = NOW + timedelta(seconds=seconds)
    assert judge(a_patch(), a_fact(FROM), NOW, around(Progress.DONE, version_since=since)).state is expected


MISSING = [
    (a_patch(withdrawn=True), a_fact(), Reason.WITHDRAWN, ""),
    (a_patch(), a_fact(EMPTY), Reason.VERSION, ""),
    (a_patch(conflicts=["x"]), a_fact(has=frozenset({"x"})), Reason.CONFLICT, "x"),
    (a_patch(requires=["y", "z"]), a_fact(has=frozenset({"y"})), Reason.REQUIRES, "z"),
    (a_patch(needs=Needs(min_agent="0.2")), a_fact(agent_version="0.1.9"), Reason.AGENT, "0.2"),
    (a_patch(), a_fact(has_backup=False), Reason.BACKUP, ""),
    (a_patch(needs=Needs(disk_bytes=100)), a_fact(disks=(("/", 99),)), Reason.DISK, "/"),
]


@pytest.mark.parametrize(("patch", "fact", "reason", "detail"), MISSING)
def test_what_is_missing_is_named(patch: Patch, fact: Fact, reason: Reason, detail: str) -> None:
    assert judge(patch, fact, NOW) == Verdict(Applicability.BLOCKED, reason, detail)


@pytest.mark.parametrize(
    ("patch", "fact"),
    [
        (a_patch(conflicts=["x"]), a_fact(has=frozenset({"y"}))),
        (a_patch(requires=["y", "z"]), a_fact(has=frozenset({"y", "z"}))),
        (a_patch(needs=Needs(min_agent="0.2")), a_fact(agent_version="0.2.0")),
        (a_patch(needs=Needs(disk_bytes=100)), a_fact(disks=(("/", 100),))),
        (a_patch(), a_fact(disks=None)),
    ],
)
def test_what_is_there_is_enough(patch: Patch, fact: Fact) -> None:
    assert judge(patch, fact, NOW) == Verdict(Applicability.INSTALLABLE_NOW)


def test_a_disk_that_nobody_measured_leaves_it_applicable() -> None:
    found = judge(a_patch(needs=Needs(disk_bytes=1)), a_fact(disks=None), NOW)
    assert found == Verdict(Applicability.APPLICABLE, Reason.DISK_UNKNOWN)


def test_the_contract_is_named_with_its_reason() -> None:
    found = judge(a_patch(), a_fact(), NOW, Circumstances(not_entitled="no support since May"))
    assert found == Verdict(Applicability.BLOCKED, Reason.ENTITLEMENT, "no support since May")


@pytest.mark.parametrize(
    ("kind", "state"),
    [(DecisionKind.DEFERRED, Applicability.DEFERRED), (DecisionKind.DECLINED, Applicability.DECLINED)],
)
def test_what_the_customer_said_stands_below_what_is_and_above_what_is_missing(
    kind: DecisionKind, state: Applicability
) -> None:
    assert judge(a_patch(), a_fact(has_backup=False), NOW, said(kind)).state is state
    assert judge(a_patch(), a_fact(TO), NOW, said(kind)).state is Applicability.INSTALLED
    assert judge(a_patch(), a_fact(OTHER), NOW, said(kind)).state is Applicability.NOT_AFFECTED
    ran = Standing(Progress.ROLLED_BACK, NOW)
    assert judge(a_patch(), a_fact(), NOW, said(kind, standing=ran)).state is Applicability.ROLLED_BACK


def test_a_deferral_ends_at_its_instant() -> None:
    day = timedelta(days=1)
    spoken = said(DecisionKind.DEFERRED)
    assert judge(a_patch(), a_fact(), NOW + day - timedelta(microseconds=1), spoken).state is Applicability.DEFERRED
    assert judge(a_patch(), a_fact(), NOW + day, spoken).state is Applicability.INSTALLABLE_NOW


@pytest.mark.parametrize(
    ("disks", "mount"),
    [
        ((("/", 1), ("/opt", 1_000)), ""),
        ((("/", 1_000), ("/opt", 1)), "/opt"),
        ((("/", 1_000), ("/opt/his", 1)), "/opt/his"),
        ((("/", 1_000), ("/op", 1)), ""),
        ((("/data", 1),), ""),
    ],
)
def test_the_deepest_mount_above_the_root_counts(disks: tuple[tuple[str, int], ...], mount: str) -> None:
    assert tight_mount(a_patch(needs=Needs(disk_bytes=100)), a_fact(disks=disks)) == mount
