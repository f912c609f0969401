from __future__ import annotations

import pytest

from collector.metrics.text import Family, Kind, Sample, counter, gauge, gauges, number, rendered


def test_a_page() -> None:
    page = rendered(
        [
            counter("x_total", "A sum.", 3),
            gauges("x_of", "Two.", "state", {"up": 1, "down": 2.5}),
            Family(
                "x_s", "Seconds.", Kind.HISTOGRAM, (Sample(1, (("le", "+Inf"),), "_bucket"), Sample(1, suffix="_count"))
            ),
        ]
    )
    assert page == (
        "# HELP x_total A sum.\n# TYPE x_total counter\nx_total 3\n"
        '# HELP x_of Two.\n# TYPE x_of gauge\nx_of{state="up"} 1\nx_of{state="down"} 2.5\n'
        '# HELP x_s Seconds.\n# TYPE x_s histogram\nx_s_bucket{le="+Inf"} 1\nx_s_count 1\n'
    )


def test_what_would_break_a_line_is_escaped() -> None:
    page = rendered([gauge("x", 'a "b"\\\nc', 1, version='1\\"\n2')])
    assert page.splitlines() == [
        '# HELP x a "b"\\\\\\nc',
        "# TYPE x gauge",
        r'x{version="1\\\"\n2"} 1',
    ]


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1e15, "1000000000000000"), (0.1, "0.1"), (1e-9, "1e-09")])
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text
