"""Who is told: limits, and names that come back mean somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.notify.calling import seal_purpose
from collector.notify.guard import AddressRefused
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


def test_loopback_needs_the_setting(parts: Parts) -> None:
    with pytest.raises(AddressRefused, match="https"):
        service.add_webhook(parts, "a", "http://127.0.0.1:8080/", ())


def test_who_is_not_there_is_not_tested_or_removed(parts: Parts) -> None:
    for act in (
        service.remove_recipient,
        service.remove_webhook,
        service.send_test_mail,
        service.send_test_call,
    ):
        with pytest.raises(RecipientRefused, match="no recipient or webhook"):
            act(parts, "nobody")
