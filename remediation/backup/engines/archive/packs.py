"""Sealed chunks are gathered into packs of about 8 MiB; a pack is sent while the next one is filled."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Final

from remediation.backup.engines.archive.chunks import open_chunk, seal
from remediation.backup.engines.archive.format import (
    FOOTER_ID,
    MAGIC,
    SALT_BYTES,
    ChunkPlace,
    Foreign,
    PackIndex,
    decode,
    encode,
)
from remediation.backup.engines.archive.keyring import Keys
from remediation.backup.engines.archive.objects import PACKS, Opened

PACK_BYTES: Final = 8 << 20  # some of them are in memory at a time
PACKS_PER_INDEX: Final = 64  # what a save that is cut off loses at most: half a gigabyte
_LENGTH_BYTES: Final = 4


class PackWriter:
    """Packs of one run. `sent` is told the bytes of each pack that arrived. For one thread."""

    def __init__(self, repository: Opened, sent: Callable[[int], None]) -> None:
        self._repository = repository
        self._sent = sent
        self._salt = repository.random(SALT_BYTES)
        self.key = repository.keys.run_key(self._salt)
        self.numbers = count()
        self._parts: list[bytes] = []
        self._places: list[ChunkPlace] = []
        self._size = 0
        self._sender = ThreadPoolExecutor(1, "packs")
        self._sending: list[Future[PackIndex]] = []
        self._done: list[PackIndex] = []
        self.indexes: list[str] = []
        self.added_bytes = 0
        self._begin()

    def add(self, id_: bytes, sealed: bytes, raw: int) -> None:
        """One more chunk."""
        self._places.append(ChunkPlace(id_, self._size, len(sealed), raw))
        self._parts.append(sealed)
        self._size += len(sealed)
        if self._size >= PACK_BYTES:
            self._send()

    def finish(self) -> None:
        """Everything arrives, the index too."""
        if self._places:
            self._send()
        self._settle(0)
        if self._done:
            self._write_index()

    def close(self) -> None:
        """End the sender; what waits is dropped."""
        self._sender.shutdown(cancel_futures=True)

    def _begin(self) -> None:
        self._parts = [MAGIC, self._salt]
        self._places = []
        self._size = len(MAGIC) + SALT_BYTES

    def _send(self) -> None:
        contents = PackIndex("", self._salt, self._places)
        footer = seal(self.key, FOOTER_ID, next(self.numbers), encode(contents))
        content = b"".join([*self._parts, footer, len(footer).to_bytes(_LENGTH_BYTES, "big")])
        self._begin()
        self._settle(1)
        self._sending.append(self._sender.submit(self._put, content, contents))

    def _put(self, content: bytes, contents: PackIndex) -> PackIndex:
        contents.name = self._repository.keys.name_of(content)
        contents.size = len(content)
        self._repository.target.put(pack_name(contents.name), content)
        return contents

    def _settle(self, left: int) -> None:
        """Wait until no more than `left` are on their way."""
        while len(self._sending) > left:
            pack = self._sending.pop(0).result()
            self._done.append(pack)
            self.added_bytes += pack.size
            self._sent(pack.size)
        if len(self._done) >= PACKS_PER_INDEX:
            self._write_index()

    def _write_index(self) -> None:
        name = self._repository.put_index(self._done)
        self._repository.index.add(name, self._done)
        self.indexes.append(name)
        self._done = []


def pack_name(name: str) -> str:
    """The object of a pack."""
    return f"{PACKS}/{name[:2]}/{name}"


def read_footer(content: bytes, keys: Keys) -> PackIndex:
    """What a whole pack says is in it, for an index that has to be built again. `Foreign` when it is none."""
    head = len(MAGIC) + SALT_BYTES
    if len(content) < head + _LENGTH_BYTES or not content.startswith(MAGIC):
        raise Foreign("no pack")
    length = int.from_bytes(content[-_LENGTH_BYTES:], "big")
    salt = content[len(MAGIC) : head]
    footer = content[-_LENGTH_BYTES - length : -_LENGTH_BYTES]
    found = decode(open_chunk(keys.run_key(salt), FOOTER_ID, footer), PackIndex)
    return PackIndex(keys.name_of(content), salt, found.chunks, len(content))
