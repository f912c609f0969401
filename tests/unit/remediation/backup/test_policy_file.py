from __future__ import annotations

import pytest

from remediation.backup.policy_file import read_backup_policy
from wire.errors import TextRefused

WHOLE = """\
version: 1
site: seoul
host: app-1
product: clinic
target: {address: /mnt/backup, key_file: /etc/sitewarden/backup.key}
copy: {address: /media/usb, key_file: /etc/sitewarden/usb.key}
what:
  trees: [/srv/app]
  named: [/srv/app/config.ini]
  databases:
    - {name: orders, engine: sqlite, path: /srv/app/orders.db}
schedule: {daily_at: ["02:30"], zone: Asia/Seoul}
drills:
  ladder:
    - {drill: 0, every_s: 86400}
    - {drill: 3, every_s: 604800}
"""


def test_a_whole_policy_is_read() -> None:
    policy = read_backup_policy(WHOLE)
    assert (policy.site, policy.target.append_only, policy.drills.ladder[1].level) == ("seoul", True, 3)
    assert policy.what.databases[0].path == "/srv/app/orders.db"


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("  trees: [/srv/app]", "  tress: [/srv/app]", (8, 3), "tress is not known here"),
        ("[/srv/app]", "[srv/app]", (8, 11), "characters that are not allowed"),
        ("[/srv/app]", "[/srv/../etc]", (8, 10), "not a plain absolute path"),
        ("named: [/srv/app/config.ini]", "named: [/etc/passwd]", (9, 11), "lies in none of the trees"),
        ("engine: sqlite, path: /srv/app/orders.db", "engine: sqlite", (11, 7), "named by the path of its file"),
        ("engine: sqlite", "engine: oracle", (11, 30), "engine cannot be"),
        ('["02:30"]', '["25:30"]', (12, 23), "characters that are not allowed"),
        ('daily_at: ["02:30"], ', "", (12, 11), "one of the two"),
        ("Asia/Seoul", "Asia/Soul", (12, 39), "not a time zone"),
        ("/media/usb", "/mnt/backup", (6, 17), "both are lost together"),
        ("[/srv/app]", "[/mnt, /srv/app]", (8, 11), "would save itself"),
        ("[/srv/app]", "[/var]\n  exclude: [/var/lib/*]", (9, 13), "leave out the dumps"),
        ("drill: 3", "drill: 0", (16, 15), "level 0 stands twice"),
        ("drill: 3", "drill: 4", (16, 15), "drills.service"),
        ("drill: 3", "drill: 5", (16, 15), "too large"),
    ],
)
def test_every_fault_has_its_place(old: str, new: str, place: tuple[int, int], words: str) -> None:
    assert old in WHOLE
    with pytest.raises(TextRefused) as refused:
        read_backup_policy(WHOLE.replace(old, new))
    fault = refused.value.faults[0]
    assert words in str(fault.problem)
    assert (fault.line, fault.column) == place


def test_products_need_bounds() -> None:
    text = WHOLE.replace("  trees: [/srv/app]\n  named: [/srv/app/config.ini]", "  products: [clinic]")
    with pytest.raises(TextRefused) as refused:
        read_backup_policy(text)
    assert "only inside bounds" in str(refused.value.faults[0].problem)
    assert read_backup_policy(
        text.replace("[clinic]", "[clinic]\n  vendor_root: /etc/root.json\n  bounds: {roots: [/srv]}")
    ).what.products
