"""The vendor's folder of metadata: drafts that collect signatures, what is in force, and publishing.

    drafts/ROLE.json        changed, not yet published; each change drops the signatures that it had
    current/ROLE.json       as published last; current/N.root.json for every version of root
    targets/SHA256.NAME     the targets' bytes

Signatures are collected one at a time: the folder (or its drafts) is carried from one release
manager's machine to the next, and `sign` adds what this key may sign. Publishing refuses the whole
set as long as one signature is missing or one role is expired, and then writes timestamp.json last:
until then a reader sees what was published before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets

from remediation.durable import flush_folder, write_durably
from remediation.trust import publishing
from remediation.trust.published import BUNDLE, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, blob_name
from remediation.trust.publishing import PublishingRefused, Standing
from wire.keys import Ed25519PrivateKey, Ed25519PublicKey, key_id, public_bytes
from wire.sentence import sentence

READABLE: Final = 0o644
ROOT_DAYS: Final = 730
OFFLINE_DAYS: Final = 365  # targets, products, bundle
SNAPSHOT_DAYS: Final = 30
TIMESTAMP_DAYS: Final = 30


class Workshop:
    """One folder. `now` is the time by which lives are counted."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder = folder
        self._now = now

    def start(
        self,
        root_keys: Sequence[Ed25519PublicKey],
        online: Ed25519PublicKey,
        bundle: Ed25519PublicKey | None,
        *,
        threshold: int,
    ) -> None:
        """Drafts of the first root and targets."""
        if (self._folder / "drafts").exists() or (self._folder / "current").exists():
            raise PublishingRefused(sentence("{path} holds a repository already", path=self._folder))
        root = publishing.first_root(root_keys, threshold, online, self._until(ROOT_DAYS))
        targets = Targets(version=1, expires=self._until(OFFLINE_DAYS))
        if bundle is not None:
            publishing.delegate(targets, BUNDLE, [bundle], 1)
        for name in ("drafts", "current", "targets"):
            (self._folder / name).mkdir(parents=True)
        self._save(ROOT, Metadata(root))
        self._save(TARGETS, Metadata(targets))

    def renew(self, role: str) -> None:
        """A draft of the next version with a new life and nothing else changed."""
        self._save(role, self._draft(role))

    def delegate(self, product: str, keys: Sequence[Ed25519PublicKey], threshold: int) -> None:
        """Let exactly these keys speak for a product. Keys that it had before are revoked."""
        role = publishing.role_of(product)
        targets = self._draft(TARGETS)
        publishing.delegate(targets.signed, role, keys, threshold)
        self._save(TARGETS, targets)
        known = self._newest(role)
        made = Metadata(Targets(version=1, expires=self._until(OFFLINE_DAYS))) if known is None else self._draft(role)
        self._save(role, made)

    def withdraw(self, product: str) -> None:
        """Let nobody speak for a product any more."""
        role = publishing.role_of(product)
        targets = self._draft(TARGETS)
        if not publishing.withdraw(targets.signed, role):
            raise PublishingRefused(sentence("nobody speaks for {product}", product=product))
        self._save(TARGETS, targets)
        (self._folder / "drafts" / f"{role}.json").unlink(missing_ok=True)

    def add(self, path: str, content: bytes) -> None:
        """Put a target into the role that may sign its path."""
        role = publishing.role_of_path(path)
        if role not in self.roles():
            raise PublishingRefused(sentence("nobody speaks for {path} yet: `repo delegate` first", path=path))
        metadata = self._draft(role)
        target = publishing.add_target(metadata.signed, path, content)
        write_durably(
            self._folder / "targets" / blob_name(target.path, target.hashes["sha256"]), content, mode=READABLE
        )
        self._save(role, metadata)

    def digest_of(self, path: str, *, is_published: bool) -> str | None:
        """The SHA-256 of a target as it is published, or as the newest draft has it; None where there is none."""
        role = publishing.role_of_path(path)
        metadata = self._current(role) if is_published else self._newest(role)
        target = metadata.signed.targets.get(path) if metadata is not None else None
        return target.hashes["sha256"] if target is not None else None

    def rotate(
        self,
        *,
        add: Sequence[Ed25519PublicKey] = (),
        remove: Sequence[Ed25519PublicKey] = (),
        online: Ed25519PublicKey | None = None,
        threshold: int | None = None,
    ) -> None:
        """A draft of the next root with other keys; the targets are signed anew if theirs are gone."""
        root = self._draft(ROOT)
        publishing.rotated(root.signed, add=add, remove=remove, online=online, threshold=threshold)
        self._save(ROOT, root)
        if self.standing(TARGETS).lacking and not (self._folder / "drafts" / f"{TARGETS}.json").exists():
            self.renew(TARGETS)

    def roles(self) -> list[str]:
        """Roles that people sign, as they are now; the bundle is signed by itself."""
        delegated = publishing.delegated_roles(self._need(TARGETS).signed)
        return [ROOT, TARGETS, *sorted(set(delegated) - {BUNDLE})]

    def is_draft(self, role: str) -> bool:
        """Whether a version of this role waits for publishing."""
        return (self._folder / "drafts" / f"{role}.json").exists()

    def standing(self, role: str) -> Standing:
        """How far the signing of a role has come."""
        return publishing.standing(role, self._need(role), self._delegators(role))

    def sign(self, key: Ed25519PrivateKey) -> list[str]:
        """Add this key's signature to every draft that it may sign; their names."""
        name = key_id(public_bytes(key))
        signed = []
        for role in self.roles():
            if self.is_draft(role) and name in self.standing(role).may_sign:
                metadata = self._need(role)
                publishing.sign(metadata, key)
                self._save(role, metadata, changed=False)
                signed.append(role)
        return signed

    def publish(self, out: Path, online: Ed25519PrivateKey) -> int:
        """Write the whole set into `out`; the timestamp's version. `PublishingRefused` says all that is missing."""
        self._check_complete(online)
        for role in self.roles():
            self._promote(role)
        snapshot, timestamp = self._online_part(online)
        _write_out(out, {**self._files(), **snapshot, **timestamp}, self._blobs())
        return self._current(TIMESTAMP).signed.version  # type: ignore[union-attr,no-any-return]  # written above

    def bundle(self, out: Path, key: Ed25519PrivateKey) -> None:
        """Vouch for the published snapshot for a year, for hosts without a network."""
        snapshot = self._folder / "current" / f"{SNAPSHOT}.json"
        if not snapshot.exists():
            raise PublishingRefused(sentence("nothing is published yet"))
        previous = self._current(BUNDLE)
        version = previous.signed.version + 1 if previous else 1
        metadata = publishing.bundle_of(snapshot.read_bytes(), version, self._until(OFFLINE_DAYS))
        publishing.sign(publishing.dated(metadata, self._now), key)
        published = self._current(TARGETS)
        if published is None or BUNDLE not in publishing.delegated_roles(published.signed):
            raise PublishingRefused(sentence("this repository has no bundle key"))
        lacking = publishing.standing(BUNDLE, metadata, [published.signed]).lacking
        if lacking:
            raise PublishingRefused(*lacking)
        write_durably(self._folder / "current" / f"{BUNDLE}.json", metadata.to_bytes(), mode=READABLE)
        write_durably(out / "metadata" / f"{BUNDLE}.json", metadata.to_bytes(), mode=READABLE)

    def _check_complete(self, online: Ed25519PrivateKey) -> None:
        found = [self.standing(role) for role in self.roles()]
        whys = [why for each in found for why in each.lacking]
        whys += [
            sentence("{role} has expired on {at}; `repo renew` it", role=each.role, at=each.expires.date())
            for each in found
            if each.expires <= self._now
        ]
        root: Root = self._need(ROOT).signed
        if key_id(public_bytes(online)) not in root.roles[TIMESTAMP].keyids:
            whys.append(sentence("this is not the online key that root names"))
        if whys:
            raise PublishingRefused(*whys)

    def _promote(self, role: str) -> None:
        draft = self._folder / "drafts" / f"{role}.json"
        if not draft.exists():
            return
        content = draft.read_bytes()
        current = self._folder / "current"
        if role == ROOT:
            version = Metadata[Root].from_bytes(content).signed.version
            write_durably(current / f"{version}.{ROOT}.json", content, mode=READABLE)
        write_durably(current / f"{role}.json", content, mode=READABLE)
        draft.unlink()

    def _online_part(self, key: Ed25519PrivateKey) -> tuple[dict[str, bytes], dict[str, bytes]]:
        files = {role: (self._need(role).signed.version, self._bytes(role)) for role in self.roles() if role != ROOT}
        snapshot = publishing.snapshot_of(files, self._current(SNAPSHOT), self._until(SNAPSHOT_DAYS))
        publishing.sign(publishing.dated(snapshot, self._now), key)
        content = snapshot.to_bytes()
        stamp = publishing.timestamp_of(snapshot, content, self._current(TIMESTAMP), self._until(TIMESTAMP_DAYS))
        publishing.sign(publishing.dated(stamp, self._now), key)
        for role, raw in ((SNAPSHOT, content), (TIMESTAMP, stamp.to_bytes())):
            write_durably(self._folder / "current" / f"{role}.json", raw, mode=READABLE)
        return {f"{snapshot.signed.version}.{SNAPSHOT}.json": content}, {f"{TIMESTAMP}.json": stamp.to_bytes()}

    def _files(self) -> dict[str, bytes]:
        roots = {path.name: path.read_bytes() for path in sorted((self._folder / "current").glob(f"*.{ROOT}.json"))}
        others = [role for role in self.roles() if role != ROOT]
        return roots | {f"{self._need(role).signed.version}.{role}.json": self._bytes(role) for role in others}

    def _blobs(self) -> Iterator[tuple[str, bytes]]:
        for role in self.roles():
            if role != ROOT:
                for target in self._need(role).signed.targets.values():
                    name = blob_name(target.path, target.hashes["sha256"])
                    yield name, (self._folder / "targets" / name).read_bytes()

    def _delegators(self, role: str) -> list[Root | Targets]:
        newest: Root = self._need(ROOT).signed
        if role == ROOT:
            old = self._current(ROOT)
            return [newest] if old is None or old.signed.version == newest.version else [old.signed, newest]
        if role == TARGETS:
            return [newest]
        targets: Targets = self._need(TARGETS).signed
        return [targets]

    def _draft(self, role: str) -> Metadata[Any]:
        """The draft of a role as it stands, or a new one of the next version."""
        days = ROOT_DAYS if role == ROOT else OFFLINE_DAYS
        metadata = self._need(role)
        return metadata if self.is_draft(role) else publishing.next_version(metadata, self._until(days))

    def _need(self, role: str) -> Metadata[Any]:
        found = self._newest(role)
        if found is None:
            raise PublishingRefused(sentence("{path} has no {role}; `repo init` it", path=self._folder, role=role))
        return found

    def _newest(self, role: str) -> Metadata[Any] | None:
        return self._read(self._folder / "drafts" / f"{role}.json") or self._current(role)

    def _current(self, role: str) -> Metadata[Any] | None:
        return self._read(self._folder / "current" / f"{role}.json")

    def _bytes(self, role: str) -> bytes:
        return (self._folder / "current" / f"{role}.json").read_bytes()

    def _read(self, path: Path) -> Metadata[Any] | None:
        try:
            return Metadata[Any].from_bytes(path.read_bytes())
        except FileNotFoundError:
            return None
        except (RepositoryError, ValueError) as error:
            raise PublishingRefused(sentence("{path} is broken: {problem}", path=path, problem=error)) from error

    def _save(self, role: str, metadata: Metadata[Any], *, changed: bool = True) -> None:
        if changed:
            publishing.dated(metadata, self._now).signatures.clear()
        write_durably(self._folder / "drafts" / f"{role}.json", metadata.to_bytes(), mode=READABLE)

    def _until(self, days: int) -> datetime:
        return self._now.replace(microsecond=0) + timedelta(days=days)


def _write_out(out: Path, files: dict[str, bytes], blobs: Iterator[tuple[str, bytes]]) -> None:
    """Everything under its final name, timestamp.json last: it is what makes the rest visible."""
    for folder, content in (("targets", dict(blobs)), ("metadata", files)):
        (out / folder).mkdir(parents=True, exist_ok=True)
        for name, raw in content.items():
            if name != f"{TIMESTAMP}.json" and not _is_there(out / folder / name, raw):
                write_durably(out / folder / name, raw, mode=READABLE)
    write_durably(out / "metadata" / f"{TIMESTAMP}.json", files[f"{TIMESTAMP}.json"], mode=READABLE)
    flush_folder(out)


def _is_there(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
