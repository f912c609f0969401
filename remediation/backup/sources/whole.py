"""A dump counts whole or not at all.

Whatever goes wrong while a source is saved becomes one `SourceFailed`, and the folder of the dump is
emptied first: nothing half written can be taken for a dump by anybody who comes later.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from remediation.backup.errors import BackupError, SourceFailed
from remediation.backup.programs import Program, ProgramFailed, Programs, Ran
from wire.sentence import sentence


@contextlib.contextmanager
def whole_or_nothing(name: str, into: Path, foreign: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Empty `into` and raise `SourceFailed` when the block does not end well. `foreign`: errors of a driver."""
    refuse_occupied(name, into)
    caught: tuple[type[Exception], ...] = (OSError, EOFError, ProgramFailed, *foreign)
    is_whole = False
    try:
        yield
        is_whole = True
    except caught as error:
        raise source_failed(name, error) from error
    finally:
        if not is_whole:
            _empty(into)


def refuse_occupied(name: str, into: Path) -> None:
    """A dump beside something else could be mistaken for it."""
    try:
        if any(into.iterdir()):
            raise source_failed(name, f"{into} is not empty")
    except OSError as error:
        raise source_failed(name, error) from error


def source_failed(name: str, why: object) -> SourceFailed:
    """The error that says which source is not saved, and why."""
    return SourceFailed(sentence("{name} is not saved: {problem}", name=name, problem=in_words(why)))


def in_words(why: object) -> object:
    """What a driver or program said; a `BackupError` keeps its own sentence, so that it can be translated."""
    if isinstance(why, BackupError):
        return why.why
    said = why.args[0] if isinstance(why, Exception) and why.args else why
    if isinstance(said, dict):  # pg8000 hands over the fields of PostgreSQL's message
        return f"{said.get('S', '')}: {said.get('M', '')}"
    return str(why) or type(why).__name__


def run_whole(programs: Programs, program: Program, to: Path | None = None) -> Ran:
    """Run it to a good end; `ProgramFailed` otherwise. `to` gets its standard output."""
    if to is None:
        ran = programs.run(program)
    else:
        with to.open("xb") as file:

            def take(piece: bytes) -> None:
                file.write(piece)

            ran = programs.run(program, take=take)
    if not ran.is_success:
        raise ProgramFailed(Path(program.argv[0]).name, ran)
    return ran


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a dump, by its path below `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in files}


def hash_file(path: Path) -> str:
    """SHA-256 of one file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
