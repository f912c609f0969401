"""The vendor's side of TUF, as values: roles, drafts, who has signed and who is missing. No file, no clock.

Roles
-----
    root         n of m offline keys of the release managers; signed by the old and the new keys at a rotation
    targets      the same keys; the roster, and which key speaks for which product
    product-P    offline keys of the product's team; everything below P/, fewer than 1,000 targets
    snapshot, timestamp   one online key; say which versions belong together, and that they are fresh
    bundle       one offline key, a long life; stands in for a fresh timestamp where there is no network

A key is named in TUF as everywhere in this product (wire.keys.key_id), so that one key cannot stand
in a role under two names and count twice; hosts refuse a key whose name is not its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from securesystemslib.signer import CryptoSigner, Key, SSlibKey
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from remediation.trust.published import (
    BUNDLED_SNAPSHOT,
    FILE_BYTES,
    MADE_AT,
    PRODUCT_ROLE,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
)
from remediation.trust.targets import ROSTER_PATH
from wire.keys import Ed25519PrivateKey, Ed25519PublicKey, key_id, public_bytes
from wire.sentence import Sentence, sentence

TARGETS_PER_ROLE: Final = 1_000
PATCHES: Final = "patches"  # the folder of a product in which its patches are

_PRODUCT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FILE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class PublishingRefused(Exception):
    """The vendor's metadata cannot be changed or published so; the sentence says why."""

    def __init__(self, *whys: Sentence) -> None:
        super().__init__("\n".join(str(why) for why in whys))
        self.whys = whys


def is_product(name: str) -> bool:
    """Whether a product can be published under this name: lower-case letters, digits, hyphens."""
    return _PRODUCT.fullmatch(name) is not None


def role_of(product: str) -> str:
    """The role that speaks for a product."""
    if not is_product(product):
        raise PublishingRefused(sentence("{name} is no name for a product: a-z, 0-9 and -", name=product))
    return PRODUCT_ROLE + product


def role_of_path(path: str) -> str:
    """The role that may sign a target of this path."""
    if path == ROSTER_PATH:
        return TARGETS
    product, slash, name = path.partition("/")
    if not slash or _FILE.fullmatch(name.removeprefix(f"{PATCHES}/")) is None:
        words = sentence("{path} is no path of a target: roster.yaml, PRODUCT/FILE or PRODUCT/patches/FILE", path=path)
        raise PublishingRefused(words)
    return role_of(product)


def tuf_key(public: Ed25519PublicKey) -> SSlibKey:
    """A public key as TUF writes it, under our own name for it."""
    return SSlibKey.from_crypto(public, key_id(public_bytes(public)))


def first_root(keys: Sequence[Ed25519PublicKey], threshold: int, online: Ed25519PublicKey, expires: datetime) -> Root:
    """Version 1 of root: the same keys and threshold for root and targets."""
    names = [key_id(public_bytes(key)) for key in (*keys, online)]
    if len(set(names)) != len(names):
        raise PublishingRefused(sentence("each key stands once, and the online key is none of the root keys"))
    if not 1 <= threshold <= len(keys):
        words = sentence("{threshold} of {count} keys is no threshold", threshold=threshold, count=len(keys))
        raise PublishingRefused(words)
    root = Root(version=1, expires=expires, consistent_snapshot=True)
    for role in (ROOT, TARGETS):
        for key in keys:
            root.add_key(tuf_key(key), role)
        root.roles[role].threshold = threshold
    for role in (SNAPSHOT, TIMESTAMP):
        root.add_key(tuf_key(online), role)
    return root


def rotated(
    root: Root,
    *,
    add: Sequence[Ed25519PublicKey] = (),
    remove: Sequence[Ed25519PublicKey] = (),
    online: Ed25519PublicKey | None = None,
    threshold: int | None = None,
) -> None:
    """Change the keys of `root` (a draft) in place."""
    for role in (ROOT, TARGETS):
        for key in add:
            root.add_key(tuf_key(key), role)
        for key in remove:
            _revoke(root, key, role)
        root.roles[role].threshold = threshold or root.roles[role].threshold
        _check_threshold(role, len(root.roles[role].keyids), root.roles[role].threshold)
    if online is not None:
        for role in (SNAPSHOT, TIMESTAMP):
            for name in list(root.roles[role].keyids):
                root.revoke_key(name, role)
            root.add_key(tuf_key(online), role)


def _revoke(root: Root, key: Ed25519PublicKey, role: str) -> None:
    try:
        root.revoke_key(key_id(public_bytes(key)), role)
    except ValueError as error:
        raise PublishingRefused(sentence("the key {key} is no root key", key=key_id(public_bytes(key)))) from error


def _check_threshold(role: str, count: int, threshold: int) -> None:
    if not 1 <= threshold <= count:
        words = sentence("{role} has {count} keys and needs {threshold}", role=role, count=count, threshold=threshold)
        raise PublishingRefused(words)


def delegate(targets: Targets, role: str, keys: Sequence[Ed25519PublicKey], threshold: int) -> None:
    """Let exactly these keys speak for `role`; keys that it had before are revoked with this."""
    named = {key_id(public_bytes(key)): tuf_key(key) for key in keys}
    if len(named) != len(keys):
        raise PublishingRefused(sentence("each key stands once"))
    _check_threshold(role, len(named), threshold)
    withdraw(targets, role)
    found = targets.delegations or Delegations(keys={}, roles={})
    prefix = role.removeprefix(PRODUCT_ROLE)
    made = DelegatedRole(role, list(named), threshold, terminating=True, paths=[f"{prefix}/*", f"{prefix}/{PATCHES}/*"])
    roles = {**(found.roles or {}), role: made}
    targets.delegations = Delegations(keys={**found.keys, **named}, roles=roles)


def withdraw(targets: Targets, role: str) -> bool:
    """Let nobody speak for `role` any more; whether anybody did."""
    found = targets.delegations
    if found is None or not found.roles or role not in found.roles:
        return False
    roles = {name: each for name, each in found.roles.items() if name != role}
    used = {name for each in roles.values() for name in each.keyids}
    targets.delegations = Delegations(keys={name: key for name, key in found.keys.items() if name in used}, roles=roles)
    return True


def delegated_roles(targets: Targets) -> dict[str, DelegatedRole]:
    """The roles that the targets role names."""
    return dict(targets.delegations.roles or {}) if targets.delegations else {}


def add_target(role: Targets, path: str, content: bytes) -> TargetFile:
    """Put a target into a role; a thousand is the end, because a host reads the whole role to find one."""
    if len(content) > FILE_BYTES:
        raise PublishingRefused(sentence("{path} has more than {count} bytes", path=path, count=FILE_BYTES))
    if path not in role.targets and len(role.targets) >= TARGETS_PER_ROLE:
        words = sentence("the role of {path} has {count} targets, which is the most", path=path, count=TARGETS_PER_ROLE)
        raise PublishingRefused(words)
    made = TargetFile.from_data(path, content, ["sha256"])
    role.targets[path] = made
    return made


def next_version(metadata: Metadata[Any], expires: datetime) -> Metadata[Any]:
    """An unsigned copy, one version on."""
    signed = deepcopy(metadata.signed)
    signed.version += 1
    signed.expires = expires
    return Metadata(signed, {})


def dated(metadata: Metadata[Any], at: datetime) -> Metadata[Any]:
    """The same with the time at which it was made: a host's clock cannot be earlier than what it believes."""
    metadata.signed.unrecognized_fields[MADE_AT] = at.isoformat(timespec="seconds")
    return metadata


def sign(metadata: Metadata[Any], key: Ed25519PrivateKey) -> None:
    """Add this key's signature; one that it made before is replaced."""
    metadata.sign(CryptoSigner(key, tuf_key(key.public_key())), append=True)


@dataclass(frozen=True)
class Standing:
    """How far the signing of one role has come. `lacking` says for each side what is still missing."""

    role: str
    version: int
    expires: datetime
    signed: tuple[str, ...]
    may_sign: frozenset[str]
    lacking: tuple[Sentence, ...]


def standing(role: str, metadata: Metadata[Any], delegators: Sequence[Root | Targets]) -> Standing:
    """Compare the signatures of a role with what each of its delegators asks for."""
    lacking: list[Sentence] = []
    signed: dict[str, Key] = {}
    may: set[str] = set()
    for delegator in delegators:
        result = delegator.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
        signed |= result.signed
        may |= set(result.signed) | set(result.unsigned)
        if not result.verified:
            lacking.append(
                sentence(
                    "{role} version {version} has {found} of {threshold} signatures; missing: any {count} of {keys}",
                    role=role,
                    version=metadata.signed.version,
                    found=len(result.signed),
                    threshold=result.threshold,
                    count=result.missing,
                    keys=", ".join(sorted(result.unsigned)),
                )
            )
    return Standing(
        role, metadata.signed.version, metadata.signed.expires, tuple(signed), frozenset(may), tuple(lacking)
    )


def snapshot_of(
    files: Mapping[str, tuple[int, bytes]], previous: Metadata[Snapshot] | None, expires: datetime
) -> Metadata[Snapshot]:
    """The snapshot over role -> (version, bytes). Roles that are gone stay named, as hosts demand it."""
    meta = dict(previous.signed.meta) if previous else {}
    for role, (version, content) in files.items():
        meta[f"{role}.json"] = MetaFile.from_data(version, content, ["sha256"])
    version = previous.signed.version + 1 if previous else 1
    return Metadata(Snapshot(version=version, expires=expires, meta=meta))


def timestamp_of(
    snapshot: Metadata[Snapshot], content: bytes, previous: Metadata[Timestamp] | None, expires: datetime
) -> Metadata[Timestamp]:
    """The timestamp over a signed snapshot and its bytes."""
    meta = MetaFile.from_data(snapshot.signed.version, content, ["sha256"])
    version = previous.signed.version + 1 if previous else 1
    return Metadata(Timestamp(version=version, expires=expires, snapshot_meta=meta))


def bundle_of(snapshot: bytes, version: int, expires: datetime) -> Metadata[Targets]:
    """What the bundle key says: this snapshot is good until `expires`, also without a fresh timestamp."""
    signed = Targets(version=version, expires=expires)
    signed.targets[BUNDLED_SNAPSHOT] = TargetFile.from_data(BUNDLED_SNAPSHOT, snapshot, ["sha256"])
    return Metadata(signed)
