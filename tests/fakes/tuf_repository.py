"""A TUF repository in memory that signs whatever a test wants of it, right or wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp

from remediation.trust import publishing
from tests.builders import NOW
from tests.fakes.vendor import a_key
from wire.keys import Ed25519PrivateKey, key_id, public_bytes

ABOVE = {"targets": ("snapshot", "timestamp"), "snapshot": ("timestamp",), "timestamp": ()}


class TufRepository:
    """Roles as `tuf` has them; `keys` are who signs each role at the next publishing. Everything is version 1."""

    def __init__(self) -> None:
        self.keys: dict[str, list[Ed25519PrivateKey]] = {
            "root": [a_key(1)],
            "targets": [a_key(2)],
            "snapshot": [a_key(3)],
            "timestamp": [a_key(4)],
        }
        ends = NOW + timedelta(days=30)
        self.root = Root(version=1, expires=ends, consistent_snapshot=True)
        for role, (key,) in self.keys.items():
            self.root.add_key(publishing.tuf_key(key.public_key()), role)
        self.targets = Targets(version=1, expires=ends)
        self.snapshot = Snapshot(version=1, expires=ends)
        self.timestamp = Timestamp(version=1, expires=ends)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.write("root")
        self.write("targets")
        self.write("snapshot")
        self.write("timestamp")

    def fetch(self, name: str, most: int) -> bytes:
        """The source of a host."""
        self.asked.append(name)
        if name not in self.files:
            raise FileNotFoundError(name)
        return self.files[name][: most + 1]

    def role(self, name: str) -> Any:
        return getattr(self, name)

    def publish(self, *names: str, by: dict[str, list[Ed25519PrivateKey]] | None = None) -> None:
        """The next version of these roles, and of all that names them."""
        due = {above for name in names for above in (name, *ABOVE.get(name, ()))}
        for name in ("root", "targets", "snapshot", "timestamp"):
            if name in due:
                self.role(name).version += 1
                self.write(name, by=(by or {}).get(name))

    def write(self, name: str, *, by: list[Ed25519PrivateKey] | None = None, at: str = "") -> None:
        """Sign a role as it is now, and name its bytes above. `at` is another file name."""
        metadata: Metadata[Any] = Metadata(self.role(name))
        for key in self.keys[name] if by is None else by:
            publishing.sign(metadata, key)
        self.put(name, metadata.to_bytes(), at=at)

    def put(self, name: str, raw: bytes, *, at: str = "") -> None:
        """These bytes as the current version of a role."""
        version = self.role(name).version
        file = "timestamp.json" if name == "timestamp" else f"{version}.{name}.json"
        self.files[f"metadata/{at or file}"] = raw
        if name == "targets":
            self.snapshot.meta["targets.json"] = MetaFile.from_data(version, raw, ["sha256"])
        if name == "snapshot":
            self.timestamp.snapshot_meta = MetaFile.from_data(version, raw, ["sha256"])

    def raw(self, name: str) -> bytes:
        """What is served as the current version of a role."""
        file = "timestamp.json" if name == "timestamp" else f"{self.role(name).version}.{name}.json"
        return self.files[f"metadata/{file}"]

    def rotate(self, role: str, *keys: Ed25519PrivateKey, threshold: int = 1) -> None:
        """Give a role other keys in root, and let these sign it from now on."""
        for name in list(self.root.roles[role].keyids):
            self.root.revoke_key(name, role)
        for key in keys:
            self.root.add_key(publishing.tuf_key(key.public_key()), role)
        self.root.roles[role].threshold = threshold
        self.keys[role] = list(keys)

    def until(self, role: str, at: datetime) -> None:
        self.role(role).expires = at


def name_of(key: Ed25519PrivateKey) -> str:
    return key_id(public_bytes(key))
