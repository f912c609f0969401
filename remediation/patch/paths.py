"""Which paths a patch may name: such as mean one place, and look like what they are, on every file system.

Two paths are twins when a file system or a reader may take them for one another: by case, by the way in which
accents are composed, by full-width letters. Twins are refused, also between the folders that paths lead through.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from wire.sentence import Sentence, sentence

OWN_NAME: Final = ".sitewarden"
COMPONENT_BYTES: Final = 240  # 255 on every file system of Linux, less what a name beside it needs
PATH_BYTES: Final = 2_000
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def path_faults(path: str) -> Iterator[Sentence]:
    """What is wrong with one path; nothing when it may stand in a patch.

    >>> [str(fault) for fault in path_faults("bin/../etc/passwd")]
    ['bin/../etc/passwd: the part .. leads elsewhere']
    """
    if "\\" in path:
        yield sentence("{path}: a backslash separates folders elsewhere", path=path)
    if any(unicodedata.category(char) in _HIDDEN for char in path):
        yield sentence("{path}: has a control character, or one that nobody sees", path=ascii(path))
        return  # half characters have no bytes to be counted
    if len(path.encode()) > PATH_BYTES:
        yield sentence("{path}: has more than {count} bytes", path=path, count=PATH_BYTES)
    for part in path.split("/"):
        yield from _part_faults(path, part)


def _part_faults(path: str, part: str) -> Iterator[Sentence]:
    alike = folded(part)
    if not part:
        yield sentence("{path}: has an empty part", path=path)
    elif any(each in {"", ".", ".."} for each in alike.split("/")):
        yield sentence("{path}: the part {part} leads elsewhere", path=path, part=part)
    if len(part.encode()) > COMPONENT_BYTES:
        yield sentence("{path}: a part has more than {count} bytes", path=path, count=COMPONENT_BYTES)
    if alike == OWN_NAME or (alike.startswith(".") and alike.endswith(OWN_NAME)):
        yield sentence("{path}: names with {own} are taken by Sitewarden itself", path=path, own=OWN_NAME)


def folded(path: str) -> str:
    """The same for all twins of a path.

    >>> folded("Bin/straße") == folded("bin/STRASSE")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def together_faults(paths: Iterable[str]) -> Iterator[Sentence]:
    """What is wrong with paths beside one another: twins, and files that are below a file."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in paths:
        alike = folded(path)
        if alike in files:
            yield _twins(files[alike], path)
        files.setdefault(alike, path)
        yield from _folder_faults(path, folders)
    for alike in files.keys() & folders.keys():
        yield sentence("{path} is a file, and other files are below it", path=files[alike])


def _folder_faults(path: str, folders: dict[str, str]) -> Iterator[Sentence]:
    parts = path.split("/")
    for count in range(1, len(parts)):
        folder = "/".join(parts[:count])
        known = folders.setdefault(folded(folder), folder)
        if known != folder:
            yield _twins(known, folder)


def _twins(first: str, second: str) -> Sentence:
    if first == second:
        return sentence("{path} stands twice", path=first)
    return sentence("{first} and {second} may be taken for one another", first=ascii(first), second=ascii(second))
