"""A declaration of the vendor never widens what the customer allows, nor narrows what he named."""

from __future__ import annotations

import pytest

from remediation.backup.declared import admit
from remediation.backup.policy_file import AssertionRule, BoundsRule, DatabaseRule, WhatRule
from wire.catalogue.saved import Assertion, Saved, SavedDatabase

CHECK = Assertion(name="paid", query="SELECT 1", equals="1")
WHAT = WhatRule(
    trees=["/etc/clinic"],
    databases=[DatabaseRule(name="records", engine="postgresql", database="clinic_main")],
    bounds=BoundsRule(roots=["/srv/clinic"], databases=["postgresql", "sqlite"]),
)


def test_trees_count_below_the_roots_only() -> None:
    found = admit(WHAT, Saved(trees=["/srv/clinic/data", "/srv/clinic-more", "/etc", "/etc/clinic", "/"]))
    assert found.what.trees == ["/etc/clinic", "/srv/clinic/data"]
    assert [str(sentence).split(" ")[0] for sentence in found.refused] == [
        "/srv/clinic-more",
        "/etc",
        "/etc/clinic",
        "/",
    ]
    assert admit(WhatRule(), Saved(trees=["/srv"])).what == WhatRule()


def test_a_database_of_a_server_brings_assertions_where_the_policy_has_its_login() -> None:
    declared = SavedDatabase(name="x", engine="postgresql", names=["clinic_*"], assertions=[CHECK])
    found = admit(WHAT, Saved(databases=[declared]))
    assert [rule.name for rule in found.what.databases] == ["records"]
    assert found.what.databases[0].assertions == [AssertionRule(name="paid", query="SELECT 1", equals="1")]
    assert admit(found.what, Saved(databases=[declared])).what == found.what  # twice is once
    other = admit(WHAT, Saved(databases=[SavedDatabase(name="x", engine="postgresql", names=["other"])]))
    assert other.what == WHAT
    assert "name its database with a login" in str(other.refused[0])


@pytest.mark.parametrize(
    ("file", "is_admitted"), [("/srv/clinic/a.db", True), ("/srv/clinicer/a.db", False), ("/etc/shadow", False)]
)
def test_a_file_counts_below_the_roots(file: str, is_admitted: bool) -> None:
    declared = SavedDatabase(name="local", engine="sqlite", file=file, assertions=[CHECK])
    found = admit(WHAT, Saved(databases=[declared]))
    assert ([rule.path for rule in found.what.databases[1:]] == [file]) == is_admitted
    assert bool(found.refused) != is_admitted


def test_an_engine_outside_of_the_bounds_and_a_name_that_is_taken() -> None:
    found = admit(WHAT, Saved(databases=[SavedDatabase(name="s", engine="redis")]))
    assert "does not allow redis" in str(found.refused[0])
    taken = SavedDatabase(name="records", engine="sqlite", file="/srv/clinic/a.db")
    assert "another database called records" in str(admit(WHAT, Saved(databases=[taken])).refused[0])


@pytest.mark.parametrize(
    ("pattern", "is_admitted"),
    [
        ("/srv/clinic/data/cache/*", True),
        ("/srv/clinic/data/*.tmp", True),
        ("*", False),
        ("*/cache/*", False),
        ("/srv/clinic/data*", False),
        ("/srv/clinic/d*", False),
        ("/etc/clinic/*", False),
        ("/[se]*", False),
    ],
)
def test_an_exclusion_stays_in_the_declared_trees(pattern: str, is_admitted: bool) -> None:
    found = admit(WHAT, Saved(trees=["/srv/clinic/data"], exclude=[pattern]))
    assert (found.what.exclude == [pattern]) == is_admitted
    assert bool(found.refused) != is_admitted


def test_an_exclusion_cannot_reach_a_tree_of_the_customer_inside_a_declared_one() -> None:
    own = WhatRule(trees=["/srv/clinic/data/letters"], bounds=WHAT.bounds)
    found = admit(own, Saved(trees=["/srv/clinic/data"], exclude=["/srv/clinic/data/*"]))
    assert found.what.exclude == []
