"""The small objects of a repository: marker, wrapped keys, snapshot heads, index objects; and its opening."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from remediation.backup.engines.archive.format import (
    FORMAT,
    Foreign,
    Head,
    Marker,
    PackIndex,
    decode,
    encode,
)
from remediation.backup.engines.archive.index import Index
from remediation.backup.engines.archive.keyring import KEY_BYTES, Keys, Random, Recipient, unwrap, wrap
from remediation.backup.engines.targets.port import MARKER, Absent, Kept, Target
from remediation.backup.errors import TargetRefused
from wire.sentence import sentence

REPOSITORY_ID_BYTES: Final = 16
SNAPSHOTS, INDEX, KEYS, LEASES, PACKS = "snapshots", "index", "keys", "leases", "packs"


@dataclass(frozen=True)
class Opened:
    """A repository whose key is there."""

    target: Target
    id: str
    keys: Keys
    index: Index
    random: Random

    def refresh(self, *, is_strict: bool = False) -> set[str]:
        """Let the index follow the target; the names of the index objects that it was made of.

        Whoever may only add can still add what is no index. It is passed by, and what only a damaged one knew
        is stored again. Who removes things wants to know all of them: `is_strict` raises `TargetRefused`.
        """
        there = {kept.name for kept in self.target.listed(INDEX)}
        known = self.index.sources()
        self.index.drop(known - there)
        for name in sorted(there - known):
            try:
                self.index.add(name, self.read_index(name))
            except Absent:
                continue  # forgotten just now
            except TargetRefused:
                if is_strict:
                    raise
                there.remove(name)
        return there

    def read_index(self, name: str) -> list[PackIndex]:
        """An index object; `TargetRefused` when it is damaged."""
        sealed = self.target.get(name)
        try:
            return decode(self.keys.open_named(sealed, INDEX, name.rpartition("/")[2]), list[PackIndex])
        except Foreign as error:
            raise damaged(name, self.target, error) from error

    def put_index(self, packs: list[PackIndex]) -> str:
        """Keep an index object; its name."""
        sealed = self.keys.seal_head(encode(packs), INDEX, self.random)
        name = f"{INDEX}/{self.keys.name_of(sealed)}"
        self.target.put(name, sealed)
        return name

    def head(self, id_: str) -> Head:
        """A snapshot's head. `Absent` when there is none, `TargetRefused` when it is damaged."""
        name = f"{SNAPSHOTS}/{id_}"
        try:
            return decode(self.keys.open_head(self.target.get(name), name), Head)
        except Foreign as error:
            raise damaged(name, self.target, error) from error

    def put_head(self, id_: str, head: Head) -> bool:
        """The one step by which a snapshot comes to be."""
        name = f"{SNAPSHOTS}/{id_}"
        return self.target.put(name, self.keys.seal_head(encode(head), name, self.random))

    def heads(self) -> Iterator[tuple[Kept, Head]]:
        """Every snapshot that can be read; what is damaged, or was never one, is told by a check."""
        for kept in self.kept_snapshots():
            with contextlib.suppress(Absent, TargetRefused):
                yield kept, self.head(kept.name.rpartition("/")[2])

    def kept_snapshots(self) -> Iterator[Kept]:
        """The snapshot objects."""
        return self.target.listed(SNAPSHOTS)


def damaged(name: str, target: Target, error: Exception) -> TargetRefused:
    """An object that is not what it was."""
    return TargetRefused(
        sentence(
            "{name} at {path} is damaged ({why}); check the target, and save to a new one",
            name=name,
            path=target.where,
            why=str(error),
        )
    )


def prepare(target: Target, recipients: tuple[Recipient, ...], random: Random) -> None:
    """Make a target ready, with a new master key wrapped for each recipient."""
    target.prepare(msgspec.json.encode(Marker(FORMAT, random(REPOSITORY_ID_BYTES).hex())))
    id_ = _read_marker(target)
    if not any(True for _ in target.listed(KEYS)):
        master = random(KEY_BYTES)
        for recipient in recipients:
            add_recipient(target, id_, master, recipient, random)


def add_recipient(target: Target, id_: str, master: bytes, recipient: Recipient, random: Random) -> str:
    """Wrap the master key for one more; the name of the object."""
    name = f"{KEYS}/{random(8).hex()}"
    target.put(name, wrap(master, recipient, id_, random))
    return name


def opened(target: Target, recipient: Recipient, cache: Path, random: Random) -> Opened:
    """Open a repository. `TargetRefused` for a wrong key, or what is no repository of ours."""
    id_ = _read_marker(target)
    for kept in target.listed(KEYS):
        master = unwrap(target.get(kept.name), recipient, id_)
        if master is not None:
            return Opened(target, id_, Keys(master), Index(cache / f"{id_}.sqlite"), random)
    raise TargetRefused(
        sentence("the key does not open {path}; use the key file or the recovery sheet of this site", path=target.where)
    )


def _read_marker(target: Target) -> str:
    try:
        marker = msgspec.json.decode(target.get(MARKER), type=Marker)
    except Absent as error:
        raise TargetRefused(
            sentence("{path} was never prepared as a backup target; prepare it first", path=target.where)
        ) from error
    except msgspec.DecodeError as error:
        raise damaged(MARKER, target, error) from error
    if marker.format != FORMAT or len(marker.id) != REPOSITORY_ID_BYTES * 2:
        raise TargetRefused(sentence("{path} was written by a newer version; update this one", path=target.where))
    return marker.id
