"""A server with files, PostgreSQL and MariaDB is lost; a Debian with nothing but the agent's folder gets it back.

Both really boot. What survives is a machine with SFTP, and what lies in the drawer: the recovery sheet, and the
login of that machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.lab import product
from deploy.lab.host import Host, booted, missing_tools
from deploy.lab.image import cache_folder, debian_root
from tests.e2e.lab.test_booted_host import checked
from tests.fakes.ssh_server import SSHD, Door, serving

pytestmark = [pytest.mark.e2e, pytest.mark.root, pytest.mark.slow, pytest.mark.timeout(600)]

PORT = 2222
ROWS = 5_000
POLICY = """version: 1
site: seoul
host: clinic-1
target: {{address: "sftp://root@127.0.0.1:{port}{folder}", engine: {engine}, key_file: /etc/sitewarden/backup.key,
          credentials: /etc/sitewarden/box.key, known_hosts: /etc/sitewarden/known_hosts}}
what:
  trees: [/srv/clinic]
  databases:
    - {{name: clinic, engine: postgresql, user: boss, password_file: /etc/sitewarden/clinic.password}}
    - {{name: letters, engine: mariadb, user: root, socket: /run/mysqld/mysqld.sock}}
schedule: {{every_s: 3600}}
limits: {{stage_free_bytes: 1000000}}
"""
FILES = """
mkdir -p /srv/clinic/scans/2026 && cd /srv/clinic
useradd --system clinic
printf 'port = 8080\\n' > config.ini && chmod 640 config.ini && chown clinic:clinic config.ini
head -c 300000 /dev/urandom > scans/2026/scan-1 && ln scans/2026/scan-1 scans/same && ln -s ../config.ini scans/link
truncate -s 50M scans/sparse && : > "$(printf 'scans/not \\377 text')" && mkfifo scans/pipe
touch -d '2020-02-29 10:11:12.345678901' scans/2026 scans/sparse config.ini
"""
# Everything that can be seen of a tree, and the content of its files.
LOOK = (
    "cd /srv/clinic && (find . -printf '%P %y %m %U %G %s %n %T@ %l\\n' | LC_ALL=C sort && "
    "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) | cat -v"
)
POSTGRESQL = """
CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'p';
CREATE ROLE doctors;
CREATE DATABASE clinic;
\\c clinic
CREATE TABLE visits AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 5000) i;
GRANT SELECT ON visits TO doctors;
"""
MARIADB = """
CREATE DATABASE letters;
USE letters;
CREATE TABLE sent AS SELECT seq AS id, md5(seq) AS note FROM seq_1_to_5000;
"""
COUNTS = "SELECT count(*), md5(string_agg(note, '' ORDER BY id)), has_table_privilege('doctors', 'visits', 'SELECT')"


@contextmanager
def server(folder: Path, repository: Path, box: Path) -> Iterator[tuple[Host, Door]]:
    """A Debian that boots with both database servers, the agent's folder, and the box in its network."""
    cache = cache_folder(os.environ)
    image = debian_root(cache, checked, "postgresql", "mariadb-server", "openssh-client", "restic")
    library = product.dependencies(cache, repository, checked)
    with booted(image, folder) as host, serving(box, port=PORT, beside=host.beside) as door:
        product.carry(host, repository, library)
        host.ask(["ln", "-s", f"{product.PLACE}/bin/sitewarden-agent", "/usr/local/bin/"])
        yield host, door


def shell(host: Host, script: str, *, user: str = "", stdin: str = "") -> str:
    return host.ask(["sh", "-euc", script], user=user, stdin=stdin)


def saved(host: Host, door: Door, box: Path, engine: str) -> str:
    """Make what the server holds, save it, and print the sheet."""
    shell(host, FILES)
    shell(host, "psql -q -v ON_ERROR_STOP=1 -d postgres", user="postgres", stdin=POSTGRESQL)
    shell(host, "mariadb", stdin=MARIADB)
    policy = POLICY.format(port=PORT, folder=box / "saved", engine=engine)
    host.write("/etc/sitewarden/backup.yaml", policy)
    host.write("/etc/sitewarden/box.key", door.key.read_text(), 0o600)
    host.write("/etc/sitewarden/clinic.password", "p\n", 0o600)
    host.write("/etc/sitewarden/known_hosts", f"[127.0.0.1]:{PORT} {door.host_key}")
    for words in (["keys", "init"], ["check"], ["run"]):
        host.ask(["sitewarden-agent", "backup", *words])
    return host.ask(["sitewarden-agent", "backup", "keys", "sheet", "--language", "en"])


def brought_back(host: Host, door: Door, sheet: str) -> str:
    """With sheet and login alone, and then what `recover` says; what it said."""
    assert not (host.root / "etc/sitewarden").exists()
    host.write("/media/sheet.txt", sheet, 0o600)
    host.write("/media/box.key", door.key.read_text(), 0o600)
    words = ["sitewarden-agent", "recover", "--sheet", "/media/sheet.txt", "--credentials", "/media/box.key"]
    assert "clinic-1" in host.ask(words)
    said = host.ask([*words, "--to", "/restored"])
    dumps = "/restored/var/lib/sitewarden-backup/sitewarden-stage/databases"
    shell(host, "useradd --system clinic; mv /restored/srv/clinic /srv/clinic")
    shell(
        host, f"grep -v 'CREATE ROLE postgres;' {dumps}/clinic/roles.sql | runuser -u postgres -- psql -q -d postgres"
    )
    shell(host, f"runuser -u postgres -- createdb clinic; chmod -R go+rX /restored; cd {dumps}/clinic;"
                " runuser -u postgres -- pg_restore --dbname clinic content.dump")  # fmt: skip
    shell(host, f"mariadb -e 'CREATE DATABASE letters'; mariadb letters < {dumps}/letters/content.sql")
    return said


def counts(host: Host) -> list[str]:
    return [
        shell(host, f'psql -At -d clinic -c "{COUNTS} FROM visits"', user="postgres"),
        shell(host, "mariadb -N -e 'SELECT count(*), sum(crc32(concat(id, note))) FROM letters.sent'"),
    ]


@pytest.mark.parametrize("engine", ["archive", "restic"])
def test_a_lost_server_comes_back_on_a_bare_machine(tmp_path: Path, repository: Path, engine: str) -> None:
    if missing := missing_tools() + ([] if SSHD else ["sshd"]):
        pytest.skip(f"needs {', '.join(missing)} (Debian: mmdebstrap openssh-server systemd-container, as root)")
    box = tmp_path / "box"
    with server(tmp_path / "lost", repository, box) as (host, door):
        sheet = saved(host, door, box, engine)
        tree, rows = shell(host, LOOK), counts(host)
    assert rows[0].startswith(f"{ROWS}|")
    assert rows[1].startswith(f"{ROWS}\t")
    assert not (tmp_path / "lost").exists()
    with server(tmp_path / "bare", repository, box) as (host, door):
        other = "AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
        stranger = re.sub(r"^(pinned : ssh-ed25519 ).*$", rf"\g<1>{other}", sheet, flags=re.MULTILINE)
        assert stranger != sheet
        host.write("/media/stranger.txt", stranger, 0o600)
        host.write("/media/box.key", door.key.read_text(), 0o600)
        words = ["sitewarden-agent", "recover", "--sheet", "/media/stranger.txt", "--credentials", "/media/box.key"]
        assert host.run(words).returncode == 1, "another host key than the sheet's is refused"
        said = brought_back(host, door, sheet)
        assert f"held 1 tables with {ROWS} rows" in said
        assert shell(host, LOOK) == tree
        assert counts(host) == rows
        host.ask(["sh", "-c", "echo changed >> /srv/clinic/config.ini"])  # the control: a difference is seen
        assert shell(host, LOOK) != tree
