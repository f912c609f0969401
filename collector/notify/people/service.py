"""Who is told: one use case a function. What a person typed is checked here, for every door alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector.errors import CollectorError
from collector.notify import repository as messages
from collector.notify.calling import seal_purpose
from collector.notify.events import NAMES, TEST
from collector.notify.guard import place_of
from collector.notify.model import KIND_TEST, LANGUAGES, About, Channel, Draft, Quiet, Recipient, Webhook
from collector.notify.outbox import event_body
from collector.notify.people import repository as rows
from collector.notify.policy import WAITING_MAX
from collector.notify.sealing import NONCE_BYTES, Seal
from collector.notify.signing import secret_text
from collector.notify.state import MessageState
from collector.notify.wording import Wording
from collector.parts import Parts
from collector.store.database import Connection
from collector.tickets.desk.model import NoticeKind
from wire.sentence import sentence

RECIPIENTS_MAX = 500
WEBHOOKS_MAX = 50
SITES_MAX = 500
ADDRESS_CHARS = 254
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


Act = Callable[[Parts, str], object]  # something that is done to whoever has this name


class RecipientRefused(CollectorError):
    """A recipient or webhook cannot be made, found or changed so."""


@dataclass(frozen=True)
class WantedRecipient:
    """What a person typed of a recipient; `quiet` is `22:00-07:00` or empty."""

    name: str
    address: str
    language: str = "en"
    kinds: tuple[str, ...] = (NoticeKind.PAGE.value, NoticeKind.DIGEST.value)
    level: int = 4
    sites: tuple[str, ...] = ()
    zone: str = "UTC"
    quiet: str = ""


def wanted_of(known: Recipient) -> WantedRecipient:
    """A recipient as a person would type it."""
    return WantedRecipient(
        name=known.name,
        address=known.address,
        language=known.language,
        kinds=tuple(kind.value for kind in known.kinds),
        level=known.level,
        sites=known.sites,
        zone=known.zone,
        quiet="" if known.quiet is None else f"{known.quiet.since}-{known.quiet.until}",
    )


def add_recipient(parts: Parts, wanted: WantedRecipient) -> Recipient:
    """Make a recipient; `RecipientRefused` says what is wrong."""
    values = _checked(wanted)
    with parts.store.writing() as connection:
        if rows.find_recipient(connection, wanted.name) is not None:
            raise RecipientRefused(sentence("there is a recipient {name} already", name=wanted.name))
        if rows.count(connection, "recipient") >= RECIPIENTS_MAX:
            raise RecipientRefused(
                sentence("there are {limit} recipients, which is all there can be", limit=RECIPIENTS_MAX)
            )
        _check_sites(connection, wanted.sites)
        rows.add_recipient(connection, {**values, "name": wanted.name, "created_at": parts.now()})
        return _known(rows.find_recipient(connection, wanted.name), wanted.name)


def change_recipient(parts: Parts, wanted: WantedRecipient) -> Recipient:
    """Everything of the recipient of that name but the name. What waits goes to the new address."""
    values = _checked(wanted)
    with parts.store.writing() as connection:
        known = _known(rows.find_recipient(connection, wanted.name), wanted.name)
        _check_sites(connection, wanted.sites)
        rows.change_recipient(connection, known.id, values)
        return _known(rows.find_recipient(connection, wanted.name), wanted.name)


def add_webhook(parts: Parts, name: str, address: str, events: Sequence[str]) -> tuple[Webhook, str]:
    """Make a webhook; returns it with its secret, which is shown this once."""
    _check_name(name)
    _check_webhook(parts, address, events)
    secret = secret_text(bytes.fromhex(parts.new_secret() + parts.new_secret()))
    nonce = bytes.fromhex(parts.new_secret())[:NONCE_BYTES]
    with parts.store.writing() as connection:
        if rows.find_webhook(connection, name) is not None:
            raise RecipientRefused(sentence("there is a webhook {name} already", name=name))
        if rows.count(connection, "webhook") >= WEBHOOKS_MAX:
            raise RecipientRefused(
                sentence("there are {limit} webhooks, which is all there can be", limit=WEBHOOKS_MAX)
            )
        made = rows.add_webhook(connection, name=name, address=address, events=events, now=parts.now())
        sealed = Seal(parts.receipt_key).close(secret, about=seal_purpose(made), nonce=nonce)
        rows.keep_secret(connection, made, sealed)
        return _known(rows.find_webhook(connection, name), name), secret


def change_webhook(parts: Parts, name: str, address: str, events: Sequence[str]) -> Webhook:
    """Another address, other events. Its secret stays; at a new address it is called again if it was disabled."""
    _check_webhook(parts, address, events)
    with parts.store.writing() as connection:
        known = _known(rows.find_webhook(connection, name), name)
        rows.change_webhook(connection, known.id, address=address, events=events)
        if address != known.address:
            rows.disable_webhook(connection, known.id, None)
        return _known(rows.find_webhook(connection, name), name)


def find_recipient(parts: Parts, name: str) -> Recipient:
    """The recipient of that name; `RecipientRefused` when there is none."""
    with parts.store.reading() as connection:
        return _known(rows.find_recipient(connection, name), name)


def find_webhook(parts: Parts, name: str) -> Webhook:
    """The webhook of that name; `RecipientRefused` when there is none."""
    with parts.store.reading() as connection:
        return _known(rows.find_webhook(connection, name), name)


def list_recipients(parts: Parts) -> list[Recipient]:
    """All of them."""
    with parts.store.reading() as connection:
        return rows.list_recipients(connection)


def list_webhooks(parts: Parts) -> list[Webhook]:
    """All of them."""
    with parts.store.reading() as connection:
        return rows.list_webhooks(connection)


def remove_recipient(parts: Parts, name: str) -> None:
    """Send no more mail there; what still waits is withdrawn."""
    with parts.store.writing() as connection:
        known = _known(rows.find_recipient(connection, name), name)
        rows.remove(connection, "recipient", known.id, parts.now())
        messages.withdraw(connection, Channel.MAIL, known.id, parts.now(), "the recipient was removed")


def remove_webhook(parts: Parts, name: str) -> None:
    """Call it no more; what still waits is withdrawn."""
    with parts.store.writing() as connection:
        known = _known(rows.find_webhook(connection, name), name)
        rows.remove(connection, "webhook", known.id, parts.now())
        messages.withdraw(connection, Channel.WEBHOOK, known.id, parts.now(), "the webhook was removed")


def send_test_mail(parts: Parts, name: str) -> int:
    """Put a test mail on its way; returns the message's id."""
    now = parts.now()
    with parts.store.writing() as connection:
        known = _known(rows.find_recipient(connection, name), name)
        letter = Wording(known.language, parts.settings.console_address).letter(KIND_TEST, KIND_TEST, About(), now)
        draft = _test(Channel.MAIL, known.id, letter.subject, letter.text, parts)
        return _put(connection, draft, parts)


def send_test_call(parts: Parts, name: str) -> int:
    """Put a test call on its way; a webhook that was disabled is called again from now on."""
    now = parts.now()
    with parts.store.writing() as connection:
        known = _known(rows.find_webhook(connection, name), name)
        rows.disable_webhook(connection, known.id, None)
        draft = _test(Channel.WEBHOOK, known.id, TEST, event_body(TEST, now, {"webhook": known.name}), parts)
        return _put(connection, draft, parts)


def _put(connection: Connection, draft: Draft, parts: Parts) -> int:
    address = (draft.channel.value, draft.target_id, draft.state.value)
    if messages.waiting(connection).get(address, 0) >= WAITING_MAX:
        raise RecipientRefused(sentence("too many messages are waiting there already"))
    return messages.add(connection, draft, parts.new_secret(), parts.now())


def _test(channel: Channel, target_id: int, subject: str, body: str, parts: Parts) -> Draft:
    return Draft(
        dedupe_key=f"test:{parts.new_secret()}",
        channel=channel,
        target_id=target_id,
        kind=KIND_TEST,
        cause=KIND_TEST,
        about=About(),
        subject=subject,
        body=body,
        state=MessageState.WAITING,
        next_at=parts.now(),
    )


def _checked(wanted: WantedRecipient) -> dict[str, Any]:
    """The columns of a recipient, without its name."""
    _check(wanted)
    quiet = _quiet(wanted.quiet)
    return {
        "address": wanted.address,
        "language": wanted.language,
        "kinds": wanted.kinds,
        "level": wanted.level,
        "sites": wanted.sites,
        "zone": wanted.zone,
        "quiet_from": quiet.since if quiet else None,
        "quiet_until": quiet.until if quiet else None,
    }


def _check_sites(connection: Connection, sites: Sequence[str]) -> None:
    unknown = rows.unknown_sites(connection, sites)
    if unknown:
        raise RecipientRefused(sentence("there is no site {site}", site=unknown[0]))


def _check_webhook(parts: Parts, address: str, events: Sequence[str]) -> None:
    place_of(address, allow_loopback=parts.settings.messages.allow_loopback)
    unknown = sorted(set(events) - set(NAMES))
    if unknown:
        raise RecipientRefused(
            sentence("there is no event {event}; events are {known}", event=unknown[0], known=", ".join(NAMES))
        )


def _check(wanted: WantedRecipient) -> None:
    _check_name(wanted.name)
    if len(wanted.address) > ADDRESS_CHARS or _ADDRESS.fullmatch(wanted.address) is None:
        raise RecipientRefused(sentence("this is no mail address: {address}", address=wanted.address))
    if wanted.language not in LANGUAGES:
        raise RecipientRefused(sentence("a language is one of {known}", known=", ".join(LANGUAGES)))
    known = [kind.value for kind in NoticeKind]
    if not wanted.kinds or set(wanted.kinds) - set(known):
        raise RecipientRefused(sentence("kinds are some of {known}", known=", ".join(known)))
    if NoticeKind.CUSTOMER in wanted.kinds and not wanted.sites:
        raise RecipientRefused(sentence("who gets a customer's notices needs sites: the others are not theirs"))
    if not 1 <= wanted.level <= 4 or len(wanted.sites) > SITES_MAX:  # noqa: PLR2004  # fault levels
        raise RecipientRefused(sentence("a level is 1 to 4, and sites are at most {limit}", limit=SITES_MAX))
    try:
        ZoneInfo(wanted.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RecipientRefused(sentence("there is no time zone {zone}", zone=wanted.zone)) from None


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise RecipientRefused(sentence("a name has small letters, digits, dot, - and _, at most 64 in all"))


def _quiet(text: str) -> Quiet | None:
    if not text:
        return None
    since, _, until = text.partition("-")
    if _CLOCK.fullmatch(since) is None or _CLOCK.fullmatch(until) is None:
        raise RecipientRefused(sentence("quiet hours read 22:00-07:00"))
    return Quiet(since, until)


Found = TypeVar("Found")


def _known(found: Found | None, name: str) -> Found:
    if found is None:
        raise RecipientRefused(sentence("there is no recipient or webhook {name}", name=name))
    return found
