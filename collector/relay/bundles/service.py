"""Receiving a bundle piece by piece. Within bounds: a request that collected one, its size, the site's quota.

A file is named by the digest of its content, never by anything that a host says; until the content is whole and
its SHA-256 is right, it lies beside under a name that only its own host's pieces lead to. The bytes are on the
disk before the row counts them, so that after a crash the row is never ahead of the file. What was said twice is
answered with the position, and nothing is written.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from collector.fleet.model import KnownAgent
from collector.relay.bundles import repository
from collector.relay.bundles.model import KEPT_DAYS, SITE_BYTES, BundleRecord, PieceRefused
from collector.relay.requests import repository as requests
from collector.relay.requests import tracking
from collector.relay.requests.model import RequestRecord
from collector.relay.requests.state import RequestState
from collector.store.database import Connection, Store
from wire.bundle import PiecePlace, PieceReply

FOLDER: Final = "bundles"  # in the state folder
COLLECT: Final = "collect"  # the step of a result that a bundle belongs to
FORGOTTEN_AT_ONCE: Final = 100
FILE_MODE: Final = 0o600


@dataclass(frozen=True)
class Bundles:
    """The folder and the rows."""

    store: Store
    folder: Path

    def take(self, agent: KnownAgent, place: PiecePlace, piece: bytes, now: datetime) -> PieceReply:
        """Keep one piece durably; `PieceRefused`. For one caller at a time."""
        if not piece or place.offset + len(piece) > place.size:
            raise PieceRefused(400, "piece", "the piece does not lie inside its bundle")
        with self.store.writing() as connection:
            record = self._record(connection, agent, place, now)
        if record.is_stored or place.offset != record.position:
            return PieceReply(position=record.position, is_stored=record.is_stored)
        self._write(record, piece)
        position = record.position + len(piece)
        is_whole = position == record.size
        if is_whole and not self._finish(record):
            with self.store.writing() as connection:
                repository.forget(connection, record)
            raise PieceRefused(422, "digest", "what came has another SHA-256 than was said")
        with self.store.writing() as connection:
            repository.move(connection, record, position=position, is_stored=is_whole, now=now)
            if is_whole:
                _tell(connection, record, now)
        return PieceReply(position=position, is_stored=is_whole)

    def path(self, record: BundleRecord) -> Path:
        """Where the content lies."""
        return self.folder / record.sha256

    def delete_old(self, now: datetime) -> int:
        """Forget bundles that are older than `KEPT_DAYS`; how many."""
        with self.store.reading() as connection:
            old = repository.older_than(connection, now - timedelta(days=KEPT_DAYS), FORGOTTEN_AT_ONCE)
        for record in old:
            with self.store.writing() as connection:
                repository.forget(connection, record)
                is_kept = repository.is_kept(connection, record.sha256)
            self._part(record).unlink(missing_ok=True)
            if not is_kept:
                self.path(record).unlink(missing_ok=True)
        return len(old)

    def _record(self, connection: Connection, agent: KnownAgent, place: PiecePlace, now: datetime) -> BundleRecord:
        found = repository.find(connection, place.request, agent.id)
        if found is not None:
            if (found.sha256, found.size) != (place.sha256, place.size):
                raise PieceRefused(409, "other_bundle", "another bundle of this request came before")
            return found
        request = requests.find_by_digest(connection, place.request)
        if request is None or not has_collected(request, agent.id):
            raise PieceRefused(404, "no_request", "no request is known here that collected a bundle on this host")
        if repository.bytes_of_site(connection, request.site) + place.size > SITE_BYTES:
            raise PieceRefused(507, "quota", f"the bundles of a site have at most {SITE_BYTES} bytes")
        record = BundleRecord(
            place.request, agent.id, request.site, place.sha256, place.size, 0, is_stored=False, changed_at=now
        )
        repository.add(connection, record)
        return record

    def _write(self, record: BundleRecord, piece: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = os.open(self._part(record), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        try:
            os.ftruncate(target, record.position)
            written = 0
            while written < len(piece):
                written += os.pwrite(target, piece[written:], record.position + written)
            os.fsync(target)
        finally:
            os.close(target)

    def _finish(self, record: BundleRecord) -> bool:
        part = self._part(record)
        with part.open("rb") as source:
            is_right = hashlib.file_digest(source, "sha256").hexdigest() == record.sha256
        if is_right:
            part.replace(self.path(record))
        else:
            part.unlink()
        return is_right

    def _part(self, record: BundleRecord) -> Path:
        own = hashlib.sha256(f"{record.agent} {record.request}".encode()).hexdigest()
        return self.folder / f"{own}.part"


def has_collected(request: RequestRecord, agent: str) -> bool:
    """Whether this host said that the request is done, and that it collected a bundle."""
    return any(
        host.agent == agent
        and host.state is RequestState.DONE
        and host.result is not None
        and host.result.step == COLLECT
        for host in request.hosts
    )


def _tell(connection: Connection, record: BundleRecord, now: datetime) -> None:
    request = requests.find_by_digest(connection, record.request)
    if request is None:
        return
    detail = {"sha256": record.sha256, "bytes": str(record.size), "text": f"support bundle, {record.size} bytes"}
    tracking.tell(connection, request, actor=record.agent, state=RequestState.DONE, now=now, **detail)
