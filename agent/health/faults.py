"""Changes of thresholds as events of the built-in catalogue `host`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache

from agent.apart import made_apart
from agent.health.thresholds import Change
from wire.catalogue.model import Catalogue
from wire.catalogue.reading import decode_catalogue, encode_catalogue, host_catalogue
from wire.limits import FIELD_CHARS
from wire.messages import Event, Status, TimeOrigin

MODULE = "HOST"
CATALOGUE_BYTES = 1_000_000


class Watched(Enum):
    """What is watched: the code that is raised, the code that clears it, the identity field beside `host`."""

    DISK = ("HOST-DSK-0090", "HOST-DSK-0000", "mount")
    CPU = ("HOST-CPU-0095", "HOST-CPU-0000", "")
    MEMORY = ("HOST-MEM-0095", "HOST-MEM-0000", "")
    PROCESS = ("HOST-PRC-0001", "HOST-PRC-0000", "process")


@dataclass(frozen=True)
class Subject:
    """One thing with a threshold: a mount, a process by its name, or the whole machine (empty `name`)."""

    watched: Watched
    name: str = ""

    @property
    def key(self) -> str:
        """The key under which its level is stored.

        >>> Subject(Watched.DISK, "/var").key
        'disk:/var'
        """
        return f"{self.watched.name.lower()}:{self.name}"


def subject_of(key: str) -> Subject | None:
    """The subject of a stored key; None for a key that this version does not know."""
    kind, _, name = key.partition(":")
    watched = Watched.__members__.get(kind.upper())
    return Subject(watched, name) if watched else None


def event_of(subject: Subject, change: Change, *, hostname: str, text: str, value: str, now: datetime) -> Event:
    """The event that tells `change`; the clearing event has the identity of the fault that it clears."""
    raised, cleared, field = subject.watched.value
    identity = {"host": hostname} | ({field: subject.name[:FIELD_CHARS]} if field else {})
    code = raised if change is Change.RAISED else cleared
    return _event(code, change, identity, seed=subject.key, text=text, value=value, now=now)


def event_of_code(
    code: str, change: Change, *, names: tuple[str, str, str], text: str, value: str, now: datetime
) -> Event:
    """The event that raises or clears `code`; `names` are host, probe and subject.

    The catalogue says what belongs to the identity: `host`, `probe`, and one more name for the subject.
    """
    found = _catalogue().find(MODULE, code)
    if found is None or found.clears_by is None:
        raise LookupError(f"{code} is no fault of the built-in catalogue")
    hostname, probe, subject = names
    known = {"host": hostname, "probe": probe}
    identity = {name: known.get(name, subject)[:FIELD_CHARS] for name in found.identity}
    told = code if change is Change.RAISED else found.clears_by
    return _event(told, change, identity, seed=f"{probe}\x1f{code}\x1f{subject}", text=text, value=value, now=now)


@cache
def _catalogue() -> Catalogue:
    """The built-in catalogue, read in a child: PyYAML stays out of a running agent."""
    made = made_apart(lambda: encode_catalogue(host_catalogue()), most=CATALOGUE_BYTES)
    return host_catalogue() if made is None else decode_catalogue(made)


def _event(
    code: str, change: Change, identity: dict[str, str], *, seed: str, text: str, value: str, now: datetime
) -> Event:
    catalogue = _catalogue()
    known = catalogue.find(MODULE, code)
    if known is None:
        raise LookupError(f"the catalogue of the host has no {code}")
    seed = f"{identity['host']}\x1f{seed}\x1f{code}\x1f{now.isoformat()}"
    return Event(
        event_id=hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        product=catalogue.product,
        catalogue_version=catalogue.version,
        module=MODULE,
        code=code,
        level=known.level,
        status=Status.FIRING if change is Change.RAISED else Status.OK,
        occurred_at=now,
        occurred_from=TimeOrigin.READ,
        first_at=now,
        last_at=now,
        identity=identity,
        fields={"value": value} if value else {},
        source="health",
        text=text,
    )
