"""The section `redaction:`: the customer's, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.redaction.redactor import Redactor
from agent.settings.reading import parse_settings
from agent.settings.redaction import RedactionSettings
from wire.catalogue.reading import read_catalogue
from wire.errors import TextRefused

CATALOGUE = b"""product: HIS
version: "1"
modules:
  - code: BIL
    name: {en: Billing}
    errors: [{code: BIL-1, level: 2, title: {en: t}, match: [{regex: 'ERROR (?P<who>\\S+)'}]}]
"""


def read(section: str, folder: Path) -> RedactionSettings:
    return parse_settings(f"collector: http://127.0.0.1:1\n{section}".encode(), folder).settings.redaction


def test_without_the_section_everything_but_addresses_is_hidden(tmp_path: Path) -> None:
    found = read("", tmp_path)
    assert all([found.korean_id, found.chinese_id, found.phone, found.card, found.secret, found.private_key])
    assert not found.email
    assert not found.hold_evidence


def test_patterns_and_switches(tmp_path: Path) -> None:
    found = read("redaction: {phone: false, patterns: [{name: MRN, regex: '\\d{8}', keys: [환자번호]}]}\n", tmp_path)
    assert not found.phone
    assert Redactor(found, b"k" * 32).redact("환자번호 12345678").startswith("환자번호 [MRN#")


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("redaction: {phones: false}", "phones"),
        ("redaction: {patterns: [{name: MRN, regex: '('}]}", "not a regular expression"),
        ("redaction: {patterns: [{name: MRN, regex: 'a*'}]}", "without any letter"),
        ("redaction: {patterns: [{name: '9', regex: 'a'}]}", "pattern"),
        ("redaction: {patterns: [{name: MRN, regex: 'a'}, {name: mrn, regex: 'b'}]}", "stands twice"),
    ],
)
def test_faults_are_told_with_their_place(section: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(TextRefused) as refused:
        read(section, tmp_path)
    assert problem in " ".join(str(fault.problem) for fault in refused.value.faults)
    assert refused.value.faults[0].line == 2


@pytest.mark.parametrize("place", ["", "  ", "    "])
def test_a_catalogue_of_the_vendor_cannot_loosen_it(place: str) -> None:
    """No level of a catalogue takes a word about redaction: such a catalogue is refused as a whole."""
    read_catalogue(CATALOGUE)
    anchor = {"": b"modules:", "  ": b"    name:", "    ": b"    errors:"}[place]
    planted = anchor[: len(anchor) - len(anchor.lstrip())] + b"redaction: {korean_id: false}\n"
    with pytest.raises(TextRefused):
        read_catalogue(CATALOGUE.replace(anchor, planted + anchor))
