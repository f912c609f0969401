"""What a product declares for its backup is read strictly, and every fault has its place."""

from __future__ import annotations

import pytest

from wire.catalogue.reading import decode_catalogue, encode_catalogue, read_catalogue
from wire.errors import TextRefused

GOOD = """\
product: clinic
version: "7"
modules:
  - code: billing
    name: {en: Billing, ko: 수납, zh: 收费}
    errors: []
backup:
  databases:
    - name: records
      engine: postgresql
      names: ["clinic_*"]
      assertions:
        - {name: every bill is paid for, query: "SELECT count(*) FROM bills WHERE paid IS NULL", equals: "0"}
    - {name: local, engine: sqlite, file: /var/lib/clinic/local.db}
    - {name: sessions, engine: redis}
  trees: [/etc/clinic, /var/lib/clinic]
  exclude: ["*/cache/*"]
  services: [clinic.service]
"""
FAULTS = [
    ("name: local", "name: records", "14:14: the database records stands twice"),
    ("engine: redis", "engine: oracle", "15:32: "),
    ("engine: redis", "engine: redis, names: [a]", "15:7: a database of PostgreSQL or MariaDB has names"),
    ('      names: ["clinic_*"]\n', "", "9:7: a database of PostgreSQL or MariaDB has names"),
    (", file: /var/lib/clinic/local.db", "", "14:7: a database of SQLite has a file"),
    ("engine: redis", "engine: redis, file: /x", "15:7: a database of SQLite has a file"),
    ("/var/lib/clinic/local.db", "/var/../x", "14:43: a path is absolute, without .."),
    ("/var/lib/clinic/local.db", "local.db", "14:43: "),
    ("SELECT count(*)", "DELETE", "13:49: the query of every bill is paid for has to be one reading statement"),
    ("[/etc/clinic, ", "[/etc/../root, ", "16:11: a path is absolute, without .."),
    ("  services:", "  command: rm\n  services:", "18:3: command is not known here"),
    ("name: sessions", "name: Sessions", "15:14: "),
]


def test_the_good_one_is_read_and_stored() -> None:
    catalogue, warnings = read_catalogue(GOOD)
    assert warnings == []
    assert catalogue.backup is not None
    assert [database.name for database in catalogue.backup.databases] == ["records", "local", "sessions"]
    assert decode_catalogue(encode_catalogue(catalogue)) == catalogue


def test_a_catalogue_without_it_is_as_before() -> None:
    catalogue, _ = read_catalogue(GOOD[: GOOD.index("backup:")])
    assert catalogue.backup is None
    assert b"backup" not in encode_catalogue(catalogue)


@pytest.mark.parametrize(("old", "new", "said"), FAULTS)
def test_faults_with_their_places(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(TextRefused) as refused:
        read_catalogue(GOOD.replace(old, new, 1))
    assert any(line.startswith(said) for line in str(refused.value).splitlines()), str(refused.value)
