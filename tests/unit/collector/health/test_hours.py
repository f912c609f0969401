from __future__ import annotations

import pytest

from collector.health.hours import HOUR_US, hour_of, merged, pack_samples, unpack_samples
from collector.health.model import BlobRefused, Sample

ONE = Sample(10, {"cpu": 1.0, "boot_id": "a"})
TWO = Sample(20, {"cpu": 2.0, "disks.used_percent:/": 40.0})
THREE = Sample(30, {})


def test_samples_come_back_with_what_each_had() -> None:
    assert unpack_samples(pack_samples([ONE, TWO, THREE])) == [ONE, TWO, THREE]
    assert unpack_samples(pack_samples([ONE, TWO]), {"cpu"}) == [Sample(10, {"cpu": 1.0}), Sample(20, {"cpu": 2.0})]


def test_merging_orders_and_keeps_each_instant_once_the_kept_one_first() -> None:
    again = Sample(20, {"cpu": 99.0})
    assert merged([TWO], [THREE, ONE, again, ONE]) == [ONE, TWO, THREE]
    assert merged([], []) == []


def test_the_hour_of_an_instant() -> None:
    assert [hour_of(at) for at in (0, HOUR_US - 1, HOUR_US, -1)] == [0, 0, 1, -1]


def test_garbage_is_refused() -> None:
    with pytest.raises(BlobRefused):
        unpack_samples(b"{}")
