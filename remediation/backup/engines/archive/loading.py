"""Chunks from the target: opened once, the last few kept, the next ones fetched ahead by other threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remediation.backup.engines.archive.chunks import open_chunk
from remediation.backup.engines.archive.format import Foreign
from remediation.backup.engines.archive.index import Place
from remediation.backup.engines.archive.objects import Opened
from remediation.backup.engines.archive.packs import pack_name
from remediation.backup.engines.targets.port import Absent

THREADS: Final = 3
KEPT_BYTES: Final = 40 << 20
RUN_KEYS_MAX: Final = 64


class Damaged(Exception):
    """A chunk is not there, or not as it was written."""


class Loader:
    """Reads chunks of one repository. `load` may be called by several threads."""

    def __init__(self, repository: Opened) -> None:
        self._repository = repository
        self._pool = ThreadPoolExecutor(THREADS, "loading")
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[Future[bytes], int]] = OrderedDict()
        self._kept_bytes = 0
        self._run_keys: OrderedDict[bytes, AESGCM] = OrderedDict()

    def ahead(self, id_: bytes) -> None:
        """Begin to fetch a chunk that will be wanted soon; what fails is told to who wants it."""
        self._future(id_)

    def load(self, id_: bytes) -> bytes:
        """The content of a chunk; `Damaged` when it cannot be had whole."""
        return self._future(id_).result()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _future(self, id_: bytes) -> Future[bytes]:
        with self._lock:
            if id_ in self._kept:
                self._kept.move_to_end(id_)
                return self._kept[id_][0]
        places = self._repository.index.places(id_)
        raw = places[0].raw if places else 0
        with self._lock:
            future = self._pool.submit(self._open, id_, places)
            self._kept[id_] = future, raw
            self._kept_bytes += raw
            while self._kept_bytes > KEPT_BYTES and len(self._kept) > 2:  # noqa: PLR2004  # this one and the one before
                _, (_, freed) = self._kept.popitem(last=False)
                self._kept_bytes -= freed
            return future

    def _open(self, id_: bytes, places: list[Place]) -> bytes:
        """From the first place where it is whole: what was lost once may have been stored again."""
        problem = Damaged("the index does not know where it is")
        for place in places:
            try:
                return self._open_at(id_, place)
            except Damaged as error:
                problem = error
        raise problem

    def _open_at(self, id_: bytes, place: Place) -> bytes:
        try:
            sealed = self._repository.target.get(pack_name(place.pack), place.start, place.length)
            content = open_chunk(self._key(place.salt), id_, sealed)
        except Absent as error:
            raise Damaged(f"pack {place.pack} is gone") from error
        except Foreign as error:
            raise Damaged(f"pack {place.pack}: {error}") from error
        if len(content) != place.raw:
            raise Damaged(f"pack {place.pack}: of another length")
        return content

    def _key(self, salt: bytes) -> AESGCM:
        with self._lock:
            if salt not in self._run_keys:
                self._run_keys[salt] = self._repository.keys.run_key(salt)
                if len(self._run_keys) > RUN_KEYS_MAX:
                    self._run_keys.popitem(last=False)
            return self._run_keys[salt]
