"""Every code of the catalogues that we ship is found in each of its own samples, and every code has some."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.logs.scan import Scanner
from wire.catalogue.dialect import compile_pattern
from wire.catalogue.model import Catalogue, ErrorCode, Pattern
from wire.catalogue.reading import read_catalogue

DEPLOY = Path(__file__).parents[4] / "deploy"
FILES = [*sorted((DEPLOY / "catalogues").glob("*.yaml")), DEPLOY / "demo" / "clinic.yaml"]


def codes(path: Path) -> tuple[Catalogue, list[ErrorCode]]:
    catalogue, warnings = read_catalogue(path.read_bytes())
    assert not warnings, [str(warning) for warning in warnings]
    return catalogue, [error for _, error in catalogue.codes()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_samples_are_found_as_their_code(path: Path) -> None:
    catalogue, errors = codes(path)
    scanner = Scanner(catalogue)
    assert all(error.samples for error in errors), [error.code for error in errors if not error.samples]
    found = {
        sample: getattr(scanner.find(sample.split("\n")), "code", None) for error in errors for sample in error.samples
    }
    wrong = {
        sample: found[sample]
        for error in errors
        for sample in error.samples
        if (hit := found[sample]) is None or hit.error.code != error.code
    }
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_match_entry_is_needed_by_a_sample(path: Path) -> None:
    """An entry that no sample needs may be misspelt without anybody noticing."""
    _, errors = codes(path)
    idle = [
        (error.code, pattern.regex or pattern.literal)
        for error in errors
        for pattern in error.match
        if not any(matches(pattern, sample) for sample in error.samples)
    ]
    assert not idle


def matches(pattern: Pattern, sample: str) -> bool:
    if pattern.literal is not None:
        return pattern.literal in sample
    return bool(compile_pattern(pattern.regex or "").search(sample))


def test_a_wrong_sample_would_be_noticed() -> None:
    catalogue, errors = codes(DEPLOY / "demo" / "clinic.yaml")
    hit = Scanner(catalogue).find([errors[0].samples[0].replace("ERROR", "INFO")])
    assert hit is None


def test_one_fault_is_one_ticket_where_many_addresses_guess_passwords() -> None:
    catalogue, _ = codes(DEPLOY / "catalogues" / "openssh.yaml")
    guess = catalogue.find("AUT", "AUT-PWD-0001")
    assert guess is not None
    assert guess.identity == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_must_not_be_found_is_not_found(path: Path) -> None:
    catalogue, errors = codes(path)
    scanner = Scanner(catalogue)
    for error in errors:
        hits = [scanner.find(sample.split("\n")) for sample in error.not_samples]
        assert not [hit for hit in hits if hit is not None and hit.code.error.code == error.code], error.code
