"""A site with a policy file, a key and a real archive, and the commands as an administrator types them."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.__main__ import COMMANDS, SUMMARY
from terminal import run

POLICY = """\
version: 1
site: seoul
host: shop-1
product: shop
state: {root}/state
target: {{address: {root}/target, key_file: {root}/backup.key, engine: {engine}}}
what:
  trees: [{root}/shop]
  exclude: ["*/orders.db*"]
  named: [{root}/shop/config.ini]
  databases:
    - name: orders
      engine: sqlite
      path: {root}/shop/orders.db
      assertions:
        - {{name: totals, query: "SELECT sum(total) FROM orders", equals: "4950"}}
schedule: {{every_s: 3600}}
limits: {{stage_free_bytes: 1000, nice: 0}}
drills:
  ladder:
    - {{drill: 0, every_s: 3600}}
    - {{drill: 1, every_s: 3600, parts: 1}}
    - {{drill: 2, every_s: 3600}}
    - {{drill: 3, every_s: 3600}}
"""


@dataclass(frozen=True)
class Said:
    """What a command printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The only line of output."""
        return json.loads(self.out)


@dataclass
class TypedBackup:
    """Everything below `root`."""

    root: Path
    engine: str = "archive"
    settings: Path = Path("/nonexistent")

    def __post_init__(self) -> None:
        self.shop.mkdir(parents=True)
        (self.shop / "config.ini").write_text("port = 8080\n")
        for number in range(10):
            (self.shop / f"letter-{number}.txt").write_text(f"letter {number}\n" * 100)
        self.sql("CREATE TABLE orders (number INTEGER PRIMARY KEY, total INTEGER)")
        self.sql(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) "
            "INSERT INTO orders SELECT i, i FROM n"
        )
        self.write_policy(POLICY.format(root=self.root, engine=self.engine))

    @property
    def shop(self) -> Path:
        return self.root / "shop"

    @property
    def policy(self) -> Path:
        return self.root / "backup.yaml"

    def write_policy(self, text: str) -> None:
        self.policy.write_text(text)
        self.policy.chmod(0o644)

    def sql(self, statement: str) -> None:
        with closing(sqlite3.connect(self.shop / "orders.db")) as connection, connection:
            connection.execute(statement)

    def damage_packs(self, at: float = 0.5) -> None:
        """A flipped bit in each pack."""
        for pack in (path for path in (self.root / "target/packs").rglob("*") if path.is_file()):
            content = bytearray(pack.read_bytes())
            content[int(len(content) * at)] ^= 0x10
            pack.chmod(0o600)
            pack.write_bytes(content)

    def type(self, *words: str) -> Said:
        """`sitewarden-agent backup WORDS --policy ... --settings ...`."""
        return type_it("backup", *words, "--policy", str(self.policy), "--settings", str(self.settings))

    def good(self, *words: str) -> Said:
        """The same, and it has to succeed."""
        said = self.type(*words)
        assert said.code == 0, said
        return said


def type_it(*words: str) -> Said:
    """Any command of the agent."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run("sitewarden-agent", SUMMARY, COMMANDS, Path("/nonexistent"), words)
        except SystemExit as left:
            code = int(str(left.code))
    return Said(code, out.getvalue(), err.getvalue())
