from __future__ import annotations

import pytest

from agent.health.faults import Subject, Watched, event_of, subject_of
from agent.health.thresholds import Change
from wire.catalogue.reading import host_catalogue
from wire.messages import EXAMPLE_TIME, Event, Status, decode_record, encode_record


def an_event(subject: Subject, change: Change) -> Event:
    return event_of(subject, change, hostname="h", text="t", value="95.0", now=EXAMPLE_TIME)


@pytest.mark.parametrize("watched", Watched)
def test_fault_and_clearing_fit_the_catalogue_and_each_other(watched: Watched) -> None:
    subject = Subject(watched, "x" if watched in {Watched.DISK, Watched.PROCESS} else "")
    raised, cleared = an_event(subject, Change.RAISED), an_event(subject, Change.CLEARED)
    known = host_catalogue().find("HOST", raised.code)
    assert known is not None
    assert known.clears_by == cleared.code
    assert set(known.identity) == set(raised.identity)
    assert raised.identity == cleared.identity
    assert (raised.status, cleared.status) == (Status.FIRING, Status.OK)
    assert raised.event_id != cleared.event_id
    assert decode_record(encode_record(raised)) == raised


@pytest.mark.parametrize("subject", [Subject(Watched.DISK, "/a:b"), Subject(Watched.CPU), Subject(Watched.PROCESS, "")])
def test_keys_lead_back(subject: Subject) -> None:
    assert subject_of(subject.key) == subject


def test_a_key_of_a_newer_version_is_left_alone() -> None:
    assert subject_of("gpu:0") is None
