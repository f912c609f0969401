"""The host's own file of databases: a patch names one, this file says what that name means here.

It belongs to the host's administrator; nothing of it comes over the network. A password stands in a file of its
own. What the file does not name cannot be changed by any patch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from remediation.backup.errors import BackupError
from remediation.backup.placing import read_owned
from remediation.backup.sources.login import Login
from remediation.patch.errors import StepFailed
from wire.errors import Fault, TextRefused
from wire.sentence import Sentence, sentence
from wire.yaml_text import mark_of, read_placed

DATABASES: Final = 200
AbsolutePath = Annotated[str, Meta(pattern=r"^/", max_length=1_000)]
DatabaseName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")]  # also a folder of what is kept
Short = Annotated[str, Meta(max_length=200)]


class DatabaseSetting(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One database. `path` is SQLite's file; the rest is for servers, whose own defaults hold otherwise."""

    engine: Literal["postgresql", "mariadb", "sqlite"]
    path: AbsolutePath | None = None
    database: Short = ""
    host: Short = ""
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    socket: Short = ""
    user: Short = ""
    password_file: AbsolutePath | None = None
    schema: Short = "public"  # PostgreSQL: where the table of marks lives

    def login(self) -> Login:
        """How the server is reached; reads the password."""
        password = ""
        if self.password_file is not None:
            try:
                password = read_owned(Path(self.password_file)).decode().rstrip("\n")
            except BackupError as error:
                raise StepFailed(error.why) from error
        host = self.host or "127.0.0.1"
        return Login(user=self.user, password=password, host=host, port=self.port or 0, socket=self.socket)


class _File(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    databases: Annotated[dict[DatabaseName, DatabaseSetting], Meta(max_length=DATABASES)] = {}


def read_settings(text: str | bytes) -> Mapping[str, DatabaseSetting]:
    """Databases by name; `TextRefused` with every fault found."""
    file, marks = read_placed(text, _File)
    faults = [
        Fault(*mark_of(f"$.databases.{name}", marks), problem)
        for name, setting in file.databases.items()
        for problem in _faults(setting)
    ]
    if faults:
        raise TextRefused(faults)
    return file.databases


def load_settings(path: Path) -> Mapping[str, DatabaseSetting]:
    """The file of this host, which only root, or this account, may have written; without a file: no databases."""
    return read_settings(read_owned(path)) if path.exists() else {}


def _faults(setting: DatabaseSetting) -> Iterator[Sentence]:
    if setting.engine == "sqlite":
        if setting.path is None:
            yield sentence("a SQLite database needs `path`")
        if setting.database or setting.host or setting.socket or setting.user or setting.password_file:
            yield sentence("a SQLite database has only `path`")
        return
    if setting.path is not None:
        yield sentence("`path` is for SQLite only")
    if not setting.database:
        yield sentence("`database` is missing: the name of the database on its server")
    if setting.host and setting.socket:
        yield sentence("`host` and `socket` exclude each other")
