"""A booted host whose application keeps its data in three kinds of databases, with a backup policy and patches."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from remediation.patch.manifest import DatabaseStep, Gate, Layout, Manifest, Probe, Undoing
from tests.fakes.lab_patches import ROOT, STARTS, UNIT, PatchedLabSite, a_patch
from tests.fakes.lab_site import EXECUTOR_FOLDER

PACKAGES: Final = ("postgresql", "mariadb-server")
DATA, TARGET, POLICY = "/srv/data", "/srv/backup", "/etc/sitewarden/backup.yaml"
SERVERS: Final = ("postgresql.service", "mariadb.service")
OLD, NEW = "1 sqlite-0 postgresql-0 mariadb-0", "sqlite-1 postgresql-1 mariadb-1"

# What the application finds when it starts: its version, and whether each database has the new column.
LOOK = """#!/usr/bin/python3
import sqlite3, subprocess
asked = {
    "postgresql": ["runuser", "-u", "postgres", "--", "psql", "-Atd", "clinic", "-c",
                   "SELECT count(*) FROM information_schema.columns"
                   " WHERE table_name = 'visits' AND column_name = 'note'"],
    "mariadb": ["mariadb", "-N", "-e", "SELECT count(*) FROM information_schema.columns"
                " WHERE table_schema = 'clinic' AND table_name = 'visits' AND column_name = 'note'"],
}
columns = [row[1] for row in sqlite3.connect("/srv/data/clinic.db").execute("PRAGMA table_info(visits)")]
found = [open("/srv/app/version").read().strip(), f"sqlite-{columns.count('note')}"]
for name, argv in asked.items():
    ran = subprocess.run(argv, capture_output=True, text=True)
    found.append(f"{name}-{ran.stdout.strip() or ran.stderr.strip()}")
print(*found)
"""
APP = f"""[Unit]
After=postgresql.service mariadb.service
[Service]
ExecStartPre=/bin/sh -c '/usr/local/bin/look >> {STARTS}'
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
"""
TABLE = "CREATE TABLE visits (id INTEGER PRIMARY KEY, patient INTEGER)"
ROWS = "INSERT INTO visits VALUES (1, 10), (2, 20), (3, 30)"
DATABASES = f"""databases:
  small: {{engine: sqlite, path: {DATA}/clinic.db}}
  main: {{engine: postgresql, database: clinic, user: patcher, password_file: /etc/sitewarden/patcher}}
  old: {{engine: mariadb, database: clinic, user: patcher, password_file: /etc/sitewarden/patcher,
        socket: /run/mysqld/mysqld.sock}}
"""
BACKUP = f"""version: 1
site: seoul
host: app-1
target: {{address: {TARGET}, key_file: /etc/sitewarden/backup.key}}
what:
  trees: [{ROOT}]
  databases:
    - {{name: small, engine: sqlite, path: {DATA}/clinic.db}}
    - {{name: main, engine: postgresql, database: clinic, user: patcher, password_file: /etc/sitewarden/patcher}}
    - {{name: old, engine: mariadb, database: clinic, user: patcher, password_file: /etc/sitewarden/patcher,
        socket: /run/mysqld/mysqld.sock}}
schedule: {{every_s: 86400}}
limits: {{stage_free_bytes: 1000}}
drills: {{account: nobody}}
"""


def steps(*, last: str = "") -> list[DatabaseStep]:
    """The new column in each; MariaDB's stays, whatever fails later. `last`: run in PostgreSQL at the end."""
    made = [
        ("small", "sqlite", Undoing.TRANSACTION),
        ("old", "mariadb", Undoing.SNAPSHOT),
        ("main", "postgresql", Undoing.TRANSACTION),
    ]
    found = []
    for database, engine, undoing in made:
        forward = ["ALTER TABLE visits ADD COLUMN note TEXT", "UPDATE visits SET patient = patient + 1"]
        forward += [last] if last and engine == "postgresql" else []
        found.append(
            DatabaseStep(
                name=f"note-{engine}", engine=engine, database=database, forward=forward, undoing=undoing  # type: ignore[arg-type]
            )
        )  # fmt: skip
    return found


def with_steps(version: str, *, last: str = "", is_well: bool = True) -> tuple[Manifest, bytes]:
    """A patch of the application and of its databases."""
    manifest, raw = a_patch(version)
    assert manifest.layout is Layout.IN_PLACE
    never = Probe(name="never", kind="command", argv=["/bin/false"], tries=1, good=1)
    gate = manifest.gate if is_well else Gate(probes=[never])
    return msgspec.structs.replace(manifest, database=steps(last=last), gate=gate), raw


class MigratedLabSite(PatchedLabSite):
    """`patches` by version: 2 is well, 3 is not, 4 hangs in the last database until somebody ends it.

    5 has a row that is there already.
    """

    def _made_patches(self) -> dict[str, tuple[Manifest, bytes]]:
        hanging = with_steps("4", last="SELECT pg_sleep(600)")
        there = with_steps("5", last="INSERT INTO visits (id) VALUES (1)")
        return {"2": with_steps("2"), "3": with_steps("3", is_well=False), "4": hanging, "5": there}

    def set_up_host(self) -> None:
        """The databases as the application's own installation would have made them."""
        host = self.host
        host.write("/usr/local/bin/look", LOOK, 0o755)
        host.ask(["mkdir", "-p", DATA, TARGET])
        made = f"import sqlite3; c = sqlite3.connect('{DATA}/clinic.db'); c.executescript('{TABLE}; {ROWS}')"
        host.ask(["python3", "-c", made])
        host.ask(["runuser", "-u", "postgres", "--", "psql", "-c", "CREATE ROLE patcher SUPERUSER LOGIN PASSWORD 'p'"])
        host.ask(["runuser", "-u", "postgres", "--", "createdb", "-O", "patcher", "clinic"])
        host.ask(["runuser", "-u", "postgres", "--", "psql", "-d", "clinic", "-c", TABLE, "-c", ROWS])
        made = "CREATE DATABASE clinic; CREATE USER patcher@localhost IDENTIFIED BY 'p';"
        host.ask(["mariadb", "-e", f"{made} GRANT ALL ON *.* TO patcher@localhost; USE clinic; {TABLE}; {ROWS}"])
        super().set_up_host()

    @property
    def app_unit(self) -> str:
        return APP

    def allow_backups(self) -> None:
        """What docs/install.md says of backups: policy, key, account, and the folder that the unit may write to."""
        host = self.host
        host.write("/etc/sitewarden/patcher", "p\n", 0o600)
        host.write(POLICY, BACKUP)
        folder = "/etc/systemd/system/sitewarden-backup.service.d"
        host.write(f"{folder}/target.conf", f"[Service]\nReadWritePaths={TARGET}\n")
        host.ask(["systemctl", "daemon-reload"])
        host.ask(["chown", "sitewarden-backup:", TARGET])
        host.ask(["sitewarden-agent", "backup", "keys", "init"])
        host.write(f"{EXECUTOR_FOLDER}/databases.yaml", DATABASES, 0o600)
        host.ask(["sitewarden-agent", "patch", "roots"])
        host.ask(["systemctl", "daemon-reload"])

    def apply(self, version: str) -> dict[str, Any]:
        """Ask for it with an approval, and wait for the end."""
        files = self.files_of(self.patch_request(version))
        ran = self.host.run(["sitewarden-agent", "patch", "apply", "--json", *files])
        assert ran.stdout, ran.stderr
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    def look(self) -> str:
        """Version and databases as they are now."""
        return self.host.ask(["/usr/local/bin/look"]).strip()

    def patients(self) -> set[str]:
        """The column that a patch changes, from each database."""
        asked = "SELECT group_concat(patient) FROM visits"
        sqlite = f"import sqlite3; print(sqlite3.connect('{DATA}/clinic.db').execute('{asked}').fetchone()[0])"
        main = "SELECT string_agg(patient::text, ',' ORDER BY id) FROM visits"
        return {
            self.host.ask(["python3", "-c", sqlite]).strip(),
            self.host.ask(["mariadb", "-N", "-e", asked, "clinic"]).strip(),
            self.host.ask(["runuser", "-u", "postgres", "--", "psql", "-Atd", "clinic", "-c", main]).strip(),
        }

    def found_at_starts(self) -> list[str]:
        """What the application found at each of its starts."""
        return self.host.ask(["cat", STARTS]).splitlines()

    def is_up(self) -> bool:
        return self.host.run(["systemctl", "is-active", UNIT]).stdout == "active\n"
