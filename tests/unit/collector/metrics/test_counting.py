from __future__ import annotations

import threading

import pytest

from collector.metrics.counting import OTHER, VALUES, Counter, Histogram
from collector.metrics.text import rendered


def a_counter() -> Counter:
    return Counter("x_total", "Sums.", "reason", ("a", "b"))


def test_every_value_has_its_line_from_the_start() -> None:
    made = a_counter()
    assert [sample.labels for sample in made.family().samples] == [(("reason", "a"),), (("reason", "b"),)]
    made.add("b", 2)
    assert [sample.value for sample in made.family().samples] == [0, 2]


def test_values_from_outside_make_no_lines() -> None:
    made = a_counter()
    for number in range(10_000):
        made.add(f"site-{number}")
    samples = made.family().samples
    assert len(samples) == 3
    assert (samples[-1].labels, samples[-1].value) == ((("reason", OTHER),), 10_000)


def test_a_label_with_too_many_values_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        Counter("x_total", "Sums.", "site", [str(number) for number in range(VALUES + 1)])


def test_a_histogram_counts_up_to_each_bound() -> None:
    made = Histogram("x", "Sizes.", (1, 10))
    for value in (0.5, 1, 5, 10, 11, 1_000):
        made.observe(value)
    page = rendered([made.family()]).splitlines()[2:]
    assert page == [
        'x_bucket{le="1.0"} 2',
        'x_bucket{le="10.0"} 4',
        'x_bucket{le="+Inf"} 6',
        "x_sum 1027.5",
        "x_count 6",
    ]


def test_no_count_is_lost_between_threads() -> None:
    made, sizes = a_counter(), Histogram("x", "Sizes.", (1,))

    def count() -> None:
        for _ in range(20_000):
            made.add("a")
            sizes.observe(0.5)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.family().samples[0].value == 80_000
    assert sizes.family().samples[-1].value == 80_000
