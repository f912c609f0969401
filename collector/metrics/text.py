"""Families of samples -> the text that Prometheus reads (format 0.0.4), pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


class Kind(StrEnum):
    """What a family is."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Sample:
    """One line: the family's name with `suffix`, labels, value."""

    value: float
    labels: Labels = ()
    suffix: str = ""


@dataclass(frozen=True)
class Family:
    """A metric with all its samples."""

    name: str
    meaning: str  # one sentence for whoever reads a graph
    kind: Kind
    samples: tuple[Sample, ...]


def gauge(name: str, meaning: str, value: float, **labels: str) -> Family:
    """A family of one number."""
    return Family(name, meaning, Kind.GAUGE, (Sample(value, tuple(labels.items())),))


def gauges(name: str, meaning: str, label: str, values: dict[str, float]) -> Family:
    """A family with one number for each value of its label."""
    return Family(name, meaning, Kind.GAUGE, tuple(Sample(value, ((label, key),)) for key, value in values.items()))


def counter(name: str, meaning: str, value: float) -> Family:
    """A sum that somebody else keeps."""
    return Family(name, meaning, Kind.COUNTER, (Sample(value),))


def rendered(families: Iterable[Family]) -> str:
    """The page.

    >>> print(rendered([gauge("x_info", "What runs.", 1, version="1.0")]), end="")
    # HELP x_info What runs.
    # TYPE x_info gauge
    x_info{version="1.0"} 1
    """
    return "".join(_family(family) for family in families)


def _family(family: Family) -> str:
    meaning = family.meaning.replace("\\", r"\\").replace("\n", r"\n")
    head = f"# HELP {family.name} {meaning}\n# TYPE {family.name} {family.kind.value}\n"
    return head + "".join(_line(family.name, sample) for sample in family.samples)


def _line(name: str, sample: Sample) -> str:
    labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in sample.labels)
    return f"{name}{sample.suffix}{'{' + labels + '}' if labels else ''} {number(sample.value)}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def number(value: float) -> str:
    """A number as it is written.

    >>> [number(value) for value in (3, 3.0, 0.25, float("inf"), 10**15)]
    ['3', '3', '0.25', '+Inf', '1000000000000000']
    """
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if float(value).is_integer() else repr(float(value))
