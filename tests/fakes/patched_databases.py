"""A small clinic in each of three real engines, as the local settings name it, and steps of a patch for it.

`python tests/fakes/patched_databases.py SETTINGS KEPT KIND forward|backward|slow` is one run in a process of its own,
so that it can be killed between its statements.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from remediation.backup.programs import Programs
from remediation.backup.sources import mariadb_session, postgresql_session
from remediation.backup.sources.login import Login
from remediation.patch.databases.host import HostDatabases
from remediation.patch.databases.settings import DatabaseSetting, load_settings
from remediation.patch.errors import StepFailed
from remediation.patch.manifest import Correction, DatabaseStep, Undoing
from tests.fakes import database_servers

PATCH: Final = "his-2.0"
FAILED: Final = 3
KINDS: Final = ("sqlite", "postgresql", "mariadb")
PATIENTS: Final = 30
OLD_COLUMNS: Final = ["id", "name", "ward"]
NEW_COLUMNS: Final = ["id", "name", "ward", "phone"]


class Clinic:
    """One database with a table of patients."""

    def __init__(self, kind: str, setting: DatabaseSetting) -> None:
        self.kind = kind
        self.setting = setting

    def databases(self) -> HostDatabases:
        return HostDatabases({"clinic": self.setting}, Programs(time.monotonic), time.monotonic)

    def settings_file(self, path: Path) -> Path:
        if self.setting.password_file is None and self.kind != "sqlite":
            raise AssertionError("a server has a password")
        fields = {
            name: value
            for name in ("engine", "path", "database", "host", "port", "user", "password_file")
            if (value := getattr(self.setting, name))
        }
        path.write_text(yaml.safe_dump({"databases": {"clinic": fields}}))
        path.chmod(0o600)
        return path

    # ------------------------------------------------------------ looking

    def ask(self, *statements: str) -> list[tuple[Any, ...]]:
        """The answer to the last one."""
        rows: Sequence[Any] = []
        if self.setting.path is not None:
            with contextlib.closing(sqlite3.connect(self.setting.path, isolation_level=None)) as opened:
                for statement in statements:
                    rows = opened.execute(statement).fetchall()
        elif self.kind == "postgresql":
            with postgresql_session.connected(self._login(), self.setting.database) as connection:
                connection.run("RESET search_path")
                for statement in statements:
                    rows = connection.run(statement) or []
        else:
            with mariadb_session.connected(self._login(), self.setting.database) as connection:
                for statement in statements:
                    rows = mariadb_session.ask(connection, statement)
        return [tuple(row) for row in rows]

    def _login(self) -> Login:
        return self.setting.login()

    def make(self) -> Clinic:
        """The old version."""
        made = "CREATE TABLE patients (id INTEGER PRIMARY KEY, name VARCHAR(50), ward VARCHAR(10))"
        rows = ", ".join(f"({n}, 'name {n}', 'w{n % 3}')" for n in range(1, PATIENTS + 1))
        self.ask("DROP TABLE IF EXISTS sitewarden_patch", "DROP TABLE IF EXISTS visits", "DROP TABLE IF EXISTS notes",
                 "DROP TABLE IF EXISTS patients", made, f"INSERT INTO patients VALUES {rows}")  # fmt: skip
        return self

    def columns(self) -> list[str]:
        if self.kind == "sqlite":
            return [row[1] for row in self.ask("PRAGMA table_info(patients)")]
        scope = "DATABASE()" if self.kind == "mariadb" else "current_schema()"
        return [
            row[0]
            for row in self.ask(
                "SELECT column_name FROM information_schema.columns"
                f" WHERE table_name = 'patients' AND table_schema = {scope} ORDER BY ordinal_position"
            )
        ]

    def tables(self) -> set[str]:
        if self.kind == "sqlite":
            found = self.ask("SELECT name FROM sqlite_master WHERE type = 'table'")
        else:
            scope = "DATABASE()" if self.kind == "mariadb" else "current_schema()"
            found = self.ask(f"SELECT table_name FROM information_schema.tables WHERE table_schema = {scope}")
        return {str(name) for (name,) in found}

    def rows(self) -> list[tuple[Any, ...]]:
        return self.ask("SELECT id, name, ward FROM patients ORDER BY id")

    def version(self) -> str:
        """`old`, `new` by `migration`, or what it is instead."""
        columns, tables = self.columns(), self.tables() - {"sitewarden_patch"}
        wards = {ward for _, _, ward in self.rows()}
        if columns == OLD_COLUMNS and tables == {"patients"} and wards == {"w0", "w1", "w2"}:
            return "old"
        if columns == NEW_COLUMNS and tables == {"patients", "visits"} and wards == {"W0", "w1", "w2"}:
            return "new"
        return f"half: {columns} {sorted(tables)} {sorted(wards)}"

    def mark_count(self) -> int:
        if "sitewarden_patch" not in self.tables():
            return 0
        return int(self.ask("SELECT count(*) FROM sitewarden_patch")[0][0])


def step(kind: str, *forward: str, **fields: Any) -> DatabaseStep:
    """One step."""
    given = {"name": "one", "engine": kind, "database": "clinic", "undoing": Undoing.TRANSACTION}
    return DatabaseStep(forward=list(forward), **{**given, **fields})


def migration(kind: str) -> list[DatabaseStep]:
    """Four statements in two steps, taken back as each engine can."""
    undoing = Undoing.SNAPSHOT if kind == "mariadb" else Undoing.TRANSACTION
    return [
        step(
            kind,
            "ALTER TABLE patients ADD COLUMN phone VARCHAR(20)",
            "CREATE TABLE visits (id INTEGER PRIMARY KEY, patient INTEGER)",
            name="shape",
            undoing=undoing,
        ),
        step(
            kind,
            "INSERT INTO visits SELECT id, id FROM patients",
            "UPDATE patients SET ward = 'W0' WHERE ward = 'w0'",
            name="content",
            undoing=undoing,
        ),
    ]


def correction(kind: str, **fields: Any) -> DatabaseStep:
    """Ten patients of ward w1 go to w9."""
    bounds: dict[str, Any] = {"rows_min": 10, "rows_max": 10, "table": "patients"}
    if kind == "postgresql":
        bounds["table"] = "public.patients"
    where = fields.pop("rows_of", "SELECT id FROM patients WHERE ward = 'w1'")
    statements = fields.pop("forward", ["UPDATE patients SET ward = 'w9' WHERE ward = 'w1'"])
    return step(kind, *statements, name="wards", correction=Correction(rows_of=where, **{**bounds, **fields}))


@contextlib.contextmanager
def clinic(kind: str, folder: Path) -> Iterator[Clinic]:
    """A real engine with nothing in it yet; `folder` holds the file, or the password."""
    if kind == "sqlite":
        yield Clinic(kind, DatabaseSetting(engine="sqlite", path=str(folder / "clinic.db")))
        return
    password = folder / "password"
    password.write_text("p\n")
    password.chmod(0o600)
    server = database_servers.postgresql() if kind == "postgresql" else database_servers.mariadb(start=MADE)
    name = "postgres" if kind == "postgresql" else "clinic"
    with server as port:
        yield Clinic(kind, setting_at(kind, port, password, name))


MADE: Final = "CREATE DATABASE clinic CHARACTER SET utf8mb4;"


def setting_at(kind: str, port: int, password: Path, database: str) -> DatabaseSetting:
    engine: Any = kind
    return DatabaseSetting(engine=engine, database=database, port=port, user="boss", password_file=str(password))


def slow(kind: str) -> list[DatabaseStep]:
    """The migration, and then a statement that takes long."""
    statement = {"postgresql": "SELECT pg_sleep(60)", "mariadb": "DO SLEEP(60)"}[kind]
    return [*migration(kind), step(kind, statement, name="slow", undoing=migration(kind)[0].undoing)]


def main() -> int:
    settings, kept, kind, act = sys.argv[1:5]
    host = HostDatabases(load_settings(Path(settings)), Programs(time.monotonic), time.monotonic)
    steps = slow(kind) if act == "slow" else migration(kind)
    try:
        if act == "backward":
            host.backward(PATCH, steps, Path(kept))
        else:
            host.forward(PATCH, steps, Path(kept))
    except StepFailed as failure:
        sys.stdout.write(str(failure))
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
