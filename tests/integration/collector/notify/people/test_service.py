"""Who is told: limits, and names that come back mean somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.notify import repository as messages
from collector.notify.calling import seal_purpose
from collector.notify.guard import AddressRefused
from collector.notify.model import Channel
from collector.notify.people import repository as rows
from collector.notify.people import service
from collector.notify.people.service import RecipientRefused, WantedRecipient
from collector.notify.sealing import Seal
from collector.parts import Parts
from tests.fakes.seeded_console import open_store, parts_of


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    built = parts_of(open_store(tmp_path / "c.db"))
    yield built
    built.store.close()


def test_there_are_only_so_many(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "RECIPIENTS_MAX", 2)
    monkeypatch.setattr(service, "WEBHOOKS_MAX", 2)
    for name in ("a", "b"):
        service.add_recipient(parts, WantedRecipient(name, "a@example.com"))
        service.add_webhook(parts, name, "https://a.example/", ())
    with pytest.raises(RecipientRefused, match="2 recipients"):
        service.add_recipient(parts, WantedRecipient("c", "a@example.com"))
    with pytest.raises(RecipientRefused, match="2 webhooks"):
        service.add_webhook(parts, "c", "https://a.example/", ())
    service.remove_recipient(parts, "a")
    service.remove_webhook(parts, "a")
    assert service.add_recipient(parts, WantedRecipient("a", "a@example.com")).id == 3
    assert service.add_webhook(parts, "a", "https://a.example/", ())[0].id == 3


def test_two_webhooks_have_two_secrets_and_each_is_sealed_for_its_row(parts: Parts) -> None:
    secrets = [service.add_webhook(parts, name, "https://a.example/", ())[1] for name in ("a", "b")]
    assert len(set(secrets)) == 2
    with parts.store.reading() as connection:
        sealed = connection.exec_driver_sql("SELECT id, secret FROM webhook ORDER BY id").all()
    seal = Seal(parts.receipt_key)
    assert [seal.open(row[1], about=seal_purpose(row[0])) for row in sealed] == secrets


def test_tests_do_not_fill_the_outbox(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WAITING_MAX", 2)
    service.add_recipient(parts, WantedRecipient("a", "a@example.com"))
    for _ in range(2):
        service.send_test_mail(parts, "a")
    with pytest.raises(RecipientRefused, match="too many"):
        service.send_test_mail(parts, "a")


def test_what_waits_goes_to_the_new_address(parts: Parts) -> None:
    kim = service.add_recipient(parts, WantedRecipient("kim", "old@example.com", quiet="22:00-07:00"))
    service.send_test_mail(parts, "kim")
    with parts.store.writing() as connection:
        rows.hold(connection, "recipient", kim.id, parts.now() + timedelta(hours=1))
    wanted = replace(service.wanted_of(kim), address="new@example.com")
    changed = service.change_recipient(parts, wanted)
    assert changed == replace(kim, address="new@example.com")
    with parts.store.writing() as connection:
        parcel = messages.claim(connection, Channel.MAIL, "me", parts.now())
    assert parcel is not None, "the hold was for the old address"
    assert parcel.address == "new@example.com"


def test_a_webhook_keeps_its_secret_and_wakes_at_a_new_address_alone(parts: Parts) -> None:
    made, secret = service.add_webhook(parts, "chat", "https://a.example/", ())
    with parts.store.writing() as connection:
        rows.disable_webhook(connection, made.id, parts.now())
    assert service.change_webhook(parts, "chat", "https://a.example/", ("ticket.opened",)).disabled_at is not None
    changed = service.change_webhook(parts, "chat", "https://b.example/", ("ticket.opened",))
    assert (changed.disabled_at, changed.address, changed.events) == (None, "https://b.example/", ("ticket.opened",))
    service.send_test_call(parts, "chat")
    with parts.store.writing() as connection:
        parcel = messages.claim(connection, Channel.WEBHOOK, "me", parts.now())
    assert parcel is not None
    assert Seal(parts.receipt_key).open(parcel.sealed_secret, about=seal_purpose(made.id)) == secret


@pytest.mark.parametrize("changed", [{"address": "nobody"}, {"kinds": ()}, {"sites": ("nowhere",)}, {"zone": "Mars"}])
def test_a_change_is_checked_like_a_new_one_and_all_or_nothing(parts: Parts, changed: dict[str, Any]) -> None:
    kim = service.add_recipient(parts, WantedRecipient("kim", "kim@example.com"))
    with pytest.raises(RecipientRefused):
        service.change_recipient(parts, replace(service.wanted_of(kim), level=1, **changed))
    assert service.find_recipient(parts, "kim") == kim
    with pytest.raises(AddressRefused):
        service.change_webhook(parts, "chat", "http://a.example/", ())
    with pytest.raises(RecipientRefused):
        service.change_webhook(parts, "chat", "https://a.example/", ("no.event",))


def test_loopback_needs_the_setting(parts: Parts) -> None:
    with pytest.raises(AddressRefused, match="https"):
        service.add_webhook(parts, "a", "http://127.0.0.1:8080/", ())


def test_who_is_not_there_is_not_tested_or_removed(parts: Parts) -> None:
    for act in (
        service.remove_recipient,
        service.remove_webhook,
        service.send_test_mail,
        service.send_test_call,
        service.find_recipient,
        service.find_webhook,
        lambda parts, name: service.change_recipient(parts, WantedRecipient(name, "a@example.com")),
        lambda parts, name: service.change_webhook(parts, name, "https://a.example/", ()),
    ):
        with pytest.raises(RecipientRefused, match="no recipient or webhook"):
            act(parts, "nobody")
