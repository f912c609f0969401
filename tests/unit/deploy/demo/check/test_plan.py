"""The plan of the check against the catalogue that it runs with: a typing error there would be a wrong expectation."""

from __future__ import annotations

from deploy.demo.check import plan
from deploy.demo.layout import CLINIC_CATALOGUE
from wire.catalogue import host_catalogue, read_catalogue


def test_every_expected_ticket_is_a_code_of_a_catalogue_with_that_level() -> None:
    clinic, _ = read_catalogue(CLINIC_CATALOGUE.read_bytes())
    for expected in plan.expected_tickets():
        error = clinic.find(expected.module, expected.code) or host_catalogue().find(expected.module, expected.code)
        assert error is not None, expected
        assert error.level == expected.level, expected


def test_every_code_of_the_application_has_its_line_and_every_fault_its_ticket() -> None:
    clinic, _ = read_catalogue(CLINIC_CATALOGUE.read_bytes())
    assert set(plan.LINES) == {error.code for _, error in clinic.codes()}
    assert {expected.fault for expected in plan.expected_tickets()} == set(plan.FAULTS)


def test_the_catalogue_finds_what_the_plan_counts() -> None:
    clinic, _ = read_catalogue(CLINIC_CATALOGUE.read_bytes())
    for _, error in clinic.codes():
        assert any(plan.LINES[error.code] in sample for sample in error.samples), error.code


def test_no_two_expectations_meet_in_one_ticket() -> None:
    expected = plan.expected_tickets()
    assert len({(one.site, one.code, one.identity) for one in expected}) == len(expected)
