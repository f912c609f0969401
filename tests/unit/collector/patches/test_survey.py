"""The survey of groups answers as judging each host would, through any changes; and links between patches."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from collector.patches.applicability import NONE, Applicability, Circumstances, judge
from collector.patches.model import Decision, DecisionKind, Host, Patch, Progress, Standing
from collector.patches.survey import Survey
from remediation.patch.manifest import Needs
from tests.fakes.patches import NOW, a_host, a_patch

UNAFFECTED = (Applicability.NOT_AFFECTED, None)
MODULE = "his/HIS-LIS"
PATCHES = [
    a_patch(),
    a_patch(id="big", needs=Needs(disk_bytes=1_000)),
    a_patch(id="next", requires=["his-2.0"], from_versions=["2.0"], to_version="2.1"),
    a_patch(id="other", conflicts=["his-2.0"], module="HIS-BIL"),
    a_patch(id="gone", withdrawn=True),
]


def a_random_host(dice: random.Random, number: int) -> Host:
    versions = {name: dice.choice(["", "1.8", "1.9", "2.0", "2.1"]) for name in (MODULE, "his/HIS-BIL")}
    return a_host(
        number,
        site=f"site-{number % 7}",
        versions={name: versions[name] for name in sorted(versions) if dice.random() > 0.2},
        is_heard=dice.random() > 0.2,
        has_backup=dice.random() > 0.3,
        free_bytes=dice.choice([None, {"/": 999}, {"/": 1_000}, {"/": 10**9}]),
    )


def specials(dice: random.Random) -> tuple[dict[str, Standing], dict[str, Decision], dict[str, str]]:
    standings = {f"agent-{number}": Standing(dice.choice(list(Progress)), NOW) for number in dice.sample(range(40), 6)}
    said = Decision(1, "site-2", "his", "x", DecisionKind.DECLINED, None, "no", "Kim", "jh", NOW)
    return standings, {"site-2": said}, {"site-5": "no contract"}


def by_hand(survey: Survey, patch: Patch, special: dict[str, Circumstances]) -> tuple[Counter[Any], set[str]]:
    counted: Counter[Any] = Counter()
    sites = set()
    for host in survey.hosts.values():
        if patch.module in host.versions:
            verdict = survey.verdict(patch, host.id, special, NOW)
            counted[verdict.state, verdict.reason] += 1
            if verdict.would_help:
                sites.add(host.site)
    return counted, sites


@pytest.mark.parametrize("seed", range(20))
def test_groups_count_what_each_host_answers(seed: int) -> None:
    dice = random.Random(seed)
    survey = Survey(PATCHES)
    for number in range(40):
        survey.put(a_random_host(dice, number))
    for _ in range(60):
        number = dice.randrange(40)
        survey.drop(f"agent-{number}")
        if dice.random() > 0.3:
            survey.put(a_random_host(dice, number))
    fresh = Survey(PATCHES)
    for host in survey.hosts.values():
        fresh.put(host)
    for patch in PATCHES:
        special = survey.special(patch, *specials(dice))
        tally = survey.tally(patch, special, NOW)
        counted, sites = by_hand(survey, patch, special)
        tally.hosts.pop(UNAFFECTED, None)
        counted.pop(UNAFFECTED, None)
        assert (tally.hosts, tally.sites) == (counted, sites)
        again = fresh.tally(patch, special, NOW)
        again.hosts.pop(UNAFFECTED, None)
        assert tally == again


def test_nothing_special_is_judged_as_nothing_special() -> None:
    survey = Survey(PATCHES)
    survey.put(a_host())
    [fact] = [place.fact for place in survey._places["agent-1"].values()]
    assert survey.verdict(PATCHES[0], "agent-1", {}, NOW) == judge(PATCHES[0], fact, NOW, NONE)
    assert survey.verdict(PATCHES[0], "nobody", {}, NOW).state is Applicability.NOT_AFFECTED


def test_a_patch_that_another_one_requires_is_in_by_version_or_by_the_host_s_word() -> None:
    survey = Survey(PATCHES)
    after = PATCHES[2]
    survey.put(a_host(version="2.0"))
    assert survey.verdict(after, "agent-1", {}, NOW).state is Applicability.INSTALLABLE_NOW
    correction = a_patch(id="fix", module="HIS-BIL", from_versions=["1"], to_version="2")
    survey = Survey([correction, a_patch(requires=["fix"])])
    needing = survey.patches["his", "his-2.0"]
    survey.put(a_host())
    assert survey.verdict(needing, "agent-1", {}, NOW).detail == "fix"
    survey.put(a_host(), done=["fix"])
    assert survey.verdict(needing, "agent-1", {}, NOW).state is Applicability.INSTALLABLE_NOW


def test_the_declared_order_says_whether_a_version_has_been_reached() -> None:
    first = a_patch(id="first", from_versions=["winter"], to_version="spring")
    after = a_patch(id="after", requires=["first"], from_versions=["autumn"], to_version="x")
    for declared, expected in (
        ({}, Applicability.BLOCKED),
        ({"his": ["spring", "autumn"]}, Applicability.INSTALLABLE_NOW),
    ):
        survey = Survey([first, after], declared)
        survey.put(a_host(version="autumn"))
        assert survey.verdict(after, "agent-1", {}, NOW).state is expected


def test_sites_are_counted_once_and_ready_ones_apart() -> None:
    survey = Survey([a_patch()])
    survey.put(a_host(1, site="a"))
    survey.put(a_host(2, site="a"))
    survey.put(a_host(3, site="b", has_backup=False))
    survey.put(a_host(4, "2.0", site="c"))
    tally = survey.tally(a_patch(), {}, NOW)
    assert (tally.sites, tally.ready_sites) == ({"a", "b"}, {"a"})
    assert (tally.count(Applicability.INSTALLABLE_NOW), tally.count(Applicability.INSTALLED)) == (2, 1)


def test_a_decision_that_is_over_counts_nothing() -> None:
    survey = Survey([a_patch()])
    survey.put(a_host(1, site="a"))
    over = Decision(1, "a", "his", "his-2.0", DecisionKind.DEFERRED, NOW - timedelta(1), "x", "Kim", "jh", NOW)
    special = survey.special(a_patch(), {}, {"a": over}, {})
    assert survey.tally(a_patch(), special, NOW).count(Applicability.INSTALLABLE_NOW) == 1
