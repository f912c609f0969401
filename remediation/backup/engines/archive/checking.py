"""Is everything at the target as it was written? Structure always; with a part, every byte of it too.

A pack's name is the keyed hash of its bytes, so one changed bit is found without any other knowledge; what
is inside is opened too, which finds what was already wrong when it was written. Packs belong to parts by
their names, which are spread evenly: the parts stay the same while packs come and go.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from remediation.backup.engines.archive.chunks import open_chunk
from remediation.backup.engines.archive.format import ChunkPlace, Foreign
from remediation.backup.engines.archive.listing import Listed, read_listing
from remediation.backup.engines.archive.loading import Damaged, Loader
from remediation.backup.engines.archive.objects import PACKS, Opened
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
    try:
        repository.refresh()
    except TargetRefused as error:
        yield Damage("index", str(error))
        return
    yield from _missing(repository)
    yield from _snapshots(repository, loader)
    if part is not None:
        yield from _contents(repository, part)


def _missing(repository: Opened) -> Iterator[Damage]:
    """Packs that the index names and the target does not have, or not in their length."""
    there = {kept.name: kept.size_bytes for kept in repository.target.listed(PACKS)}
    for _, name, _, size in repository.index.packs():
        if pack_name(name) not in there:
            yield Damage(pack_name(name), "is gone")
        elif there[pack_name(name)] != size:
            yield Damage(pack_name(name), f"has {there[pack_name(name)]} bytes, not {size}")


def _snapshots(repository: Opened, loader: Loader) -> Iterator[Damage]:
    """Each snapshot's head and listing can be read, and the index knows every chunk that they name."""
    for kept in repository.kept_snapshots():
        id_ = kept.name.rpartition("/")[2]
        try:
            if not _is_known(repository, read_listing(repository.head(id_), loader)):
                yield Damage(kept.name, "needs content that no index knows")
        except (Damaged, TargetRefused) as error:
            yield Damage(kept.name, str(error))
        except Absent:
            continue  # forgotten just now


def _is_known(repository: Opened, listing: Iterator[Listed]) -> bool:
    last = b""
    for listed in listing:
        for slot in listed.slots:
            if slot.id != last and not repository.index.has(slot.id):
                return False
            last = slot.id
    return True


def _contents(repository: Opened, part: Part) -> Iterator[Damage]:
    packs = [pack for pack in repository.index.packs() if int(pack[1][:8], 16) % part.of == (part.number - 1) % part.of]
    with ThreadPoolExecutor(THREADS, "checking") as pool:
        for start in range(0, len(packs), THREADS):  # so that no more than these are in memory
            batch = packs[start : start + THREADS]
            for pack, problem in zip(batch, pool.map(lambda one: _problem(repository, one), batch), strict=True):
                if problem:
                    yield Damage(pack_name(pack[1]), problem)


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
