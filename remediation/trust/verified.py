"""Bytes of a repository -> roles that are signed as their delegators ask, each pinned by the one above it.

    root N (our anchor) -> root N+1 ... -> timestamp -> snapshot -> targets -> product-P

The order and each check are those of the TUF specification's client; the checks themselves are
`tuf`'s, handed a time before all times, because expiry is judged by the caller: what has expired may
still be read, and only stops what is new. Beyond TUF, every key has to stand under its own name, so
that no key counts twice.

Every file is taken from the first source where it verifies: a host's own copy that is torn heals
from the source behind it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
from securesystemslib.signer import Key, Signature
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, Root, Signed, T, Targets
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from remediation.trust.canonical import ExactDeserializer, canonical_bytes
from remediation.trust.marks import Mark, keys_of
from remediation.trust.published import (
    BUNDLE,
    BUNDLE_FILE,
    BUNDLED_SNAPSHOT,
    FILE_BYTES,
    MADE_AT,
    METADATA_FOLDER,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    TIMESTAMP_FILE,
    Fetch,
    NotThere,
    Unfetched,
)
from wire.fields import Time
from wire.keys import PUBLIC_KEY_BYTES, key_id

ROOTS_AT_ONCE: Final = 256
TIMESTAMP_BYTES: Final = 16_384

_Role = tuple[Signed, bytes, dict[str, Signature]]

_EXACT: Final = ExactDeserializer()
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)


@dataclass
class Verified:
    """What holds. `files` are the published names with the bytes that were verified."""

    trusted: TrustedMetadataSet
    files: dict[str, bytes] = field(default_factory=dict)
    products: dict[str, Targets] = field(default_factory=dict)  # by role
    bundle: Targets | None = None
    marks: dict[str, Mark] = field(default_factory=dict)

    @property
    def root(self) -> Root:
        """The newest root."""
        return self.trusted.root

    def expiries(self) -> dict[str, datetime]:
        """Role -> when it ends. A bundle stands in for timestamp and snapshot."""
        trusted = self.trusted
        online = {TIMESTAMP: trusted.timestamp.expires, SNAPSHOT: trusted.snapshot.expires}
        if self.bundle is not None and self.bundle.expires > min(online.values()):
            online = {BUNDLE: self.bundle.expires}
        offline = {ROOT: trusted.root.expires, TARGETS: trusted.targets.expires}
        return offline | online | {role: signed.expires for role, signed in self.products.items()}

    def made_at(self) -> datetime | None:
        """When the newest part was made, as its signers say: now cannot be earlier. None when no part says it.

        It cannot fall as long as the versions do not, and those are held by the marks.
        """
        trusted = self.trusted
        parts: list[Signed] = [trusted.root, trusted.timestamp, trusted.snapshot, trusted.targets]
        parts += [*self.products.values(), *([self.bundle] if self.bundle else [])]
        return max((at for part in parts if (at := _made_at(part)) is not None), default=None)


def _made_at(signed: Signed) -> datetime | None:
    try:
        return msgspec.convert(signed.unrecognized_fields.get(MADE_AT), Time)
    except msgspec.ValidationError:
        return None


def anchored(root: bytes, loader: Loader | None = None) -> Verified:
    """Begin from a root that is trusted already; it still has to be signed by its own keys."""
    loader = loader or Loader()
    loader.begin()
    trusted = TrustedMetadataSet(root, EnvelopeType.METADATA)
    trusted.reference_time = _BEFORE_ALL
    trusted._load_data = loader.load  # type: ignore[assignment]  # noqa: SLF001  # generic, as what it replaces
    _check_names(trusted.root.keys.items(), ROOT)
    return Verified(trusted)


def verify(
    anchor: bytes,
    sources: Sequence[Fetch],
    newest: Fetch,
    *,
    with_bundle: bool = False,
    loader: Loader | None = None,
) -> Verified:
    """Verify from the anchor down to targets. `newest` is asked for the timestamp, which has one name for ever."""
    found = anchored(anchor, loader)
    for _ in range(ROOTS_AT_ONCE):
        if not _take_root(found, sources):
            break
    trusted = found.trusted
    _take(found, TIMESTAMP_FILE, TIMESTAMP_BYTES, [newest], trusted.update_timestamp)
    meta = trusted.timestamp.snapshot_meta
    name = f"{meta.version}.{SNAPSHOT}.json"
    snapshot = _take(found, name, meta.length, sources, trusted.update_snapshot)
    take_role(found, TARGETS, sources)
    if trusted.targets.delegations is not None:
        _check_names(trusted.targets.delegations.keys.items(), TARGETS)
    for role, version in ((TIMESTAMP, trusted.timestamp.version), (SNAPSHOT, trusted.snapshot.version)):
        found.marks[role] = Mark(version, keys_of(trusted.root.roles[role]))
    found.marks[TARGETS] = Mark(trusted.targets.version, keys_of(trusted.root.roles[TARGETS]))
    if with_bundle:
        _take_bundle(found, newest, snapshot)
    return found


def take_role(found: Verified, role: str, sources: Sequence[Fetch]) -> None:
    """Verify targets, or a role that targets delegates to. `NotThere` when no source has it."""
    trusted = found.trusted
    meta = trusted.snapshot.meta.get(f"{role}.json")
    if meta is None:
        raise RepositoryError(f"the snapshot does not name {role}")
    delegator = ROOT if role == TARGETS else TARGETS
    name = f"{meta.version}.{role}.json"
    _take(found, name, meta.length, sources, lambda raw: trusted.update_delegated_targets(raw, role, delegator))
    if role != TARGETS:
        signed = trusted[role]
        if not isinstance(signed, Targets):
            raise RepositoryError(f"{role} is no targets role")
        found.products[role] = signed
        found.marks[role] = Mark(signed.version, keys_of(trusted.targets.get_delegated_role(role)))


class Loader:
    """What the library does to read and verify a role, once for the same bytes under the same keys.

    A release changes one product: the roles of the others are the bytes that this process has verified
    already. `begin` forgets what the last verification did not meet. Roots are always verified anew.
    """

    def __init__(self) -> None:
        self._known: dict[_Met, _Role] = {}
        self._met: dict[_Met, _Role] = {}

    def begin(self) -> None:
        """A verification starts."""
        self._known, self._met = self._met, {}

    def load(
        self, kind: type[T], data: bytes, delegator: Root | Targets | None = None, role: str | None = None
    ) -> tuple[T, bytes, dict[str, Signature]]:
        """The role in `data`, signed as its delegator asks. Shaped as the function of the library that it replaces."""
        if delegator is None or kind.type == ROOT:
            return _load_once(kind, data, delegator, role)
        name = role or kind.type
        met = _Met(kind.type, name, keys_of(delegator.get_delegated_role(name)), hashlib.sha256(data).digest())
        found: Any = self._known.get(met) or self._met.get(met) or _load_once(kind, data, delegator, role)
        self._met[met] = found
        return found  # type: ignore[no-any-return]  # of this kind: it is a part of the key


class _Met(NamedTuple):
    kind: str
    role: str
    keys: str  # names and threshold; a key's name follows from its bytes, which `_check_names` has seen to
    digest: bytes


def _load_once(
    kind: type[T], data: bytes, delegator: Root | Targets | None, role: str | None
) -> tuple[T, bytes, dict[str, Signature]]:
    """Verified, with its canonical form made once instead of twice."""
    metadata = Metadata[T].from_bytes(data, _EXACT)
    if metadata.signed.type != kind.type:
        raise RepositoryError(f"expected {kind.type}, found {metadata.signed.type}")
    covered = canonical_bytes(metadata.signed.to_dict())
    if delegator is not None:
        delegator.verify_delegate(role or kind.type, covered, metadata.signatures)
    return metadata.signed, covered, metadata.signatures


def _take_root(found: Verified, sources: Sequence[Fetch]) -> bool:
    name = f"{found.root.version + 1}.{ROOT}.json"
    try:
        _take(found, name, FILE_BYTES, sources, found.trusted.update_root)
    except FileNotFoundError:
        return False
    _check_names(found.root.keys.items(), ROOT)
    return True


def _take_bundle(found: Verified, source: Fetch, snapshot: bytes) -> None:
    """A bundle counts when its role signed it and it names exactly this snapshot; otherwise it is as if absent."""
    targets = found.trusted.targets
    if targets.delegations is None or BUNDLE not in (targets.delegations.roles or {}):
        return
    try:
        raw = source(f"{METADATA_FOLDER}/{BUNDLE_FILE}", FILE_BYTES)
        metadata = Metadata[Targets].from_bytes(raw)
        targets.verify_delegate(BUNDLE, metadata.signed_bytes, metadata.signatures)
    except (OSError, RepositoryError, ValueError):
        return
    named = metadata.signed.targets.get(BUNDLED_SNAPSHOT) if isinstance(metadata.signed, Targets) else None
    if named is not None and named.hashes.get("sha256") == hashlib.sha256(snapshot).hexdigest():
        found.bundle = metadata.signed
        found.files[BUNDLE_FILE] = raw
        found.marks[BUNDLE] = Mark(metadata.signed.version, keys_of(targets.get_delegated_role(BUNDLE)))


def _take(
    found: Verified, name: str, most: int | None, sources: Sequence[Fetch], check: Callable[[bytes], object]
) -> bytes:
    """The bytes from the first source where they verify; the last problem if none does."""
    problem: OSError | RepositoryError = NotThere(name)
    limit = min(most or FILE_BYTES, FILE_BYTES)
    for source in sources:
        try:
            raw = source(f"{METADATA_FOLDER}/{name}", limit)
            if len(raw) > limit:
                raise Unfetched(f"{name} has more than {limit} bytes")
            check(raw)
        except FileNotFoundError:
            continue
        except (OSError, RepositoryError) as error:
            problem = error
        else:
            found.files[name] = raw
            return raw
    raise problem


def is_own_name(name: str, key: Key) -> bool:
    """Whether this is an Ed25519 key under the name that follows from its bytes (wire.keys.key_id)."""
    try:
        raw = bytes.fromhex(key.keyval["public"])
    except (KeyError, TypeError, ValueError):
        return False
    return key.keytype == key.scheme == "ed25519" and len(raw) == PUBLIC_KEY_BYTES and key_id(raw) == name


def _check_names(keys: Iterable[tuple[str, Key]], role: str) -> None:
    for name, key in keys:
        if not is_own_name(name, key):
            raise UnsignedMetadataError(f"{role} names a key that is not Ed25519 or not under its own name")
