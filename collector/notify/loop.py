"""The threads: one makes messages, each channel has couriers of its own."""

from __future__ import annotations

import ipaddress
import logging
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from collector.errors import CollectorError
from collector.notify import repository as rows
from collector.notify.calling import Calling
from collector.notify.delivery import Courier
from collector.notify.digests import Digests
from collector.notify.mail import Mailing, NoMail
from collector.notify.model import Channel
from collector.notify.outbox import Outbox
from collector.notify.port import ChannelPort
from collector.notify.sealing import Seal
from collector.notify.weekly import Weekly
from collector.parts import Parts
from wire.sentence import sentence

TICK_S = 0.5
ROUNDS = 100  # messages of one courier, or turns of the outbox, in one tick
COURIERS = {Channel.MAIL: 1, Channel.WEBHOOK: 4}  # a receiver that hangs takes one of them, and a tick of the others

log = logging.getLogger(__name__)


class ChannelRefused(CollectorError):
    """A channel cannot be used as the settings ask."""


@dataclass(frozen=True)
class Duty:
    """What one thread does again and again; it returns how much there was to do."""

    name: str
    act: Callable[[], int]


def duties_of(parts: Parts) -> list[Duty]:
    """Every thread of messages, with the channels that the settings name."""
    outbox = Outbox(parts.store, parts.settings, parts.new_secret)
    digests = Digests(parts.store, parts.settings, parts.new_secret)
    weekly = Weekly(parts.store, parts.settings, parts.new_secret)

    def make() -> int:
        now = parts.now()
        lapse(parts)
        return outbox.turn(now) + digests.fold(now) + weekly.tell(now)

    channels = channels_of(parts)
    couriers = [
        Duty(f"{channel.value}-{number}", courier_of(parts, channel, port).deliver)
        for channel, port in channels.items()
        for number in range(COURIERS[channel])
    ]
    return [Duty("outbox", make), *couriers]


def channels_of(parts: Parts) -> dict[Channel, ChannelPort]:
    """The channels of these settings; `ChannelRefused` says what is wrong with them."""
    mail, messages = parts.settings.mail, parts.settings.messages
    calling = Calling(Seal(parts.receipt_key), trusting(messages.ca), messages.allow_loopback)
    if mail is None:
        return {Channel.MAIL: NoMail(), Channel.WEBHOOK: calling}
    if mail.tls == "none" and not is_loopback(mail.host):
        raise ChannelRefused(
            sentence("mail without TLS is for this machine alone: set mail.tls to starttls or implicit")
        )
    return {Channel.MAIL: Mailing(mail, trusting(mail.ca)), Channel.WEBHOOK: calling}


def trusting(ca: str | None) -> ssl.SSLContext:
    """TLS as a client: certificates and names are checked, against one file or the system's list."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ChannelRefused(
            sentence("the certificates {path} cannot be used: {problem}", path=ca, problem=error.strerror or str(error))
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_loopback(host: str) -> bool:
    """Whether this name of a host is this machine.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "127.evil.example")]
    [True, True, True, False]
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def courier_of(parts: Parts, channel: Channel, port: ChannelPort) -> Courier:
    """A courier with the clock and randomness of these parts."""
    return Courier(parts.store, channel, port, parts.now, parts.monotonic, parts.new_secret)


def lapse(parts: Parts) -> int:
    """Take back what couriers hold that were not heard of again."""
    now = parts.now()
    with parts.store.reading() as connection:
        if not rows.has_lapsed(connection, now):
            return 0
    with parts.store.writing() as connection:
        return rows.lapse(connection, now)


@dataclass
class MessageLoop:
    """The threads of these duties."""

    duties: list[Duty]
    tick_s: float = TICK_S
    is_leader: Callable[[], bool] = lambda: True  # of several collectors on one database only one sends
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        self._threads = [
            threading.Thread(target=self._loop, args=(duty,), name=duty.name, daemon=True) for duty in self.duties
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, wait_s: float = 2.0) -> None:
        """End; a courier in the middle of a slow conversation is not waited for: its claim will lapse."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(wait_s)

    @property
    def is_alive(self) -> bool:
        """Whether every thread runs."""
        return all(thread.is_alive() for thread in self._threads)

    def _loop(self, duty: Duty) -> None:
        while not self._stopping.wait(self.tick_s):
            try:
                if not self.is_leader():
                    continue
                for _ in range(ROUNDS):
                    if not duty.act() or self._stopping.is_set():
                        break
            except Exception:
                log.exception("%s failed; it is tried again", duty.name)
