"""Is everything at the target as it was written? Structure always; with a part, every byte of it too.

A pack's name is the keyed hash of its bytes, so one changed bit is found without any other knowledge; what
is inside is opened too, which finds what was already wrong when it was written. Packs belong to parts by
their names, which are spread evenly: the parts stay the same while packs come and go.

A pack that is found gone or changed is written down as lost (index.py), so that the next save stores again
what lay in it, as far as the host still has it. A lost pack is no damage any more once everything in it lies
elsewhere. Until then each snapshot that needs something of it is named, with how many files it hurts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from remediation.backup.engines.archive.chunks import open_chunk
from remediation.backup.engines.archive.format import ChunkPlace, Foreign
from remediation.backup.engines.archive.listing import Listed, read_listing
from remediation.backup.engines.archive.loading import Damaged, Loader
from remediation.backup.engines.archive.objects import INDEX, PACKS, Opened
from remediation.backup.engines.archive.packs import pack_name
from remediation.backup.engines.targets.port import Absent
from remediation.backup.errors import TargetRefused
from remediation.backup.model import Damage, Part

THREADS: Final = 2
DAMAGES_MAX: Final = 10_000


def check(repository: Opened, part: Part | None, loader: Loader) -> list[Damage]:
    """What is not as it was written; an empty list is the good news."""
    found: list[Damage] = []
    for damage in _damages(repository, part, loader):
        found.append(damage)
        if len(found) >= DAMAGES_MAX:
            break
    return found


def _damages(repository: Opened, part: Part | None, loader: Loader) -> Iterator[Damage]:
    readable = repository.refresh()
    for kept in repository.target.listed(INDEX):
        if kept.name not in readable:
            yield Damage(kept.name, "cannot be read; what only it knew is stored again by the next backup")
    problems = dict(_missing(repository))
    if part is not None:
        problems |= _contents(repository, part, problems)
    for no, name, _, _ in repository.index.packs():
        if repository.index.is_lost(no) and repository.index.needs(no):
            yield Damage(pack_name(name), problems.get(name, "was found damaged by a check before"))
    yield from _snapshots(repository, loader)


def _missing(repository: Opened) -> Iterator[tuple[str, str]]:
    """Packs that the index names and the target does not have, or not in their length; all are marked."""
    there = {kept.name: kept.size_bytes for kept in repository.target.listed(PACKS)}
    for _, name, _, size in repository.index.packs():
        found = there.get(pack_name(name))
        if found != size:
            repository.index.mark(name, is_lost=True)
            yield name, "is gone" if found is None else f"has {found} bytes, not {size}"


def _snapshots(repository: Opened, loader: Loader) -> Iterator[Damage]:
    """Each snapshot's head and listing can be read, and the index knows every chunk that they name."""
    for kept in repository.kept_snapshots():
        id_ = kept.name.rpartition("/")[2]
        try:
            hurt, first = _hurt(repository, read_listing(repository.head(id_), loader))
            if hurt:
                yield Damage(kept.name, f"{hurt} of its files need content that is lost, the first {first}")
        except (Damaged, TargetRefused) as error:
            yield Damage(kept.name, str(error))
        except Absent:
            continue  # forgotten just now


def _hurt(repository: Opened, listing: Iterator[Listed]) -> tuple[int, str]:
    """How many files need a chunk that is in no pack or only in a lost one, and the first of them."""
    hurt, first = 0, ""
    known: tuple[bytes, bool] = b"", True
    for listed in listing:
        is_whole = True
        for slot in listed.slots:
            if slot.id != known[0]:
                known = slot.id, repository.index.has(slot.id)
            is_whole &= known[1]
        if not is_whole:
            hurt, first = hurt + 1, first or os.fsdecode(listed.record.path)
    return hurt, first


def _contents(repository: Opened, part: Part, gone: Mapping[str, str]) -> dict[str, str]:
    """Read the packs of a part, and those that were lost: what is wrong, by the pack's name. Marks follow."""
    packs = [
        pack
        for pack in repository.index.packs()
        if pack[1] not in gone
        and (int(pack[1][:8], 16) % part.of == (part.number - 1) % part.of or repository.index.is_lost(pack[0]))
    ]
    wrong: dict[str, str] = {}
    with ThreadPoolExecutor(THREADS, "checking") as pool:
        for start in range(0, len(packs), THREADS):  # so that no more than these are in memory
            batch = packs[start : start + THREADS]
            for pack, problem in zip(batch, pool.map(lambda one: _problem(repository, one), batch), strict=True):
                if problem or repository.index.is_lost(pack[0]):
                    repository.index.mark(pack[1], is_lost=bool(problem))
                if problem:
                    wrong[pack[1]] = problem
    return wrong


def _problem(repository: Opened, pack: tuple[int, str, bytes, int]) -> str:
    """What is wrong with a pack; empty: nothing."""
    no, name, salt, _ = pack
    try:
        content = repository.target.get(pack_name(name))
    except Absent:
        return "is gone"
    if repository.keys.name_of(content) != name:
        return "is not as it was written"
    key = repository.keys.run_key(salt)
    view = memoryview(content)
    for place in repository.index.chunks_of(no):
        try:
            _compare(
                repository, place, open_chunk(key, place.id, bytes(view[place.offset : place.offset + place.length]))
            )
        except Foreign as error:
            return str(error)
    return ""


def _compare(repository: Opened, place: ChunkPlace, content: bytes) -> None:
    if len(content) != place.raw or repository.keys.chunk_id(content) != place.id:
        raise Foreign("a chunk was wrong when it was written")
