"""The customer's local policy as a file: its schema, and every fault with line and column. Pure.

The file belongs to the customer's administrator, lies in the executor's own folder, and is the only
thing that says whose yes counts. Nothing that comes over the network changes it. What it does not
say is not allowed: no approver, no run.

One approver is one person. A person may have several keys and passkeys and still counts once; a key
that stands under two names would let one person count twice, so such a file is refused.
"""

from __future__ import annotations

import base64
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from remediation.trust.assertion import CREDENTIAL_BYTES, decode_base64, read_cose_key
from remediation.trust.collection import PathPattern, is_plain
from remediation.trust.targets import PublicKeyText
from wire.documents.model import ActionName, Parameters
from wire.errors import Fault, Malformed, TextRefused
from wire.fields import Name
from wire.keys import Ed25519PublicKey, load_public, public_bytes
from wire.sentence import Sentence, sentence
from wire.yaml_text import Marks, mark_of, read_placed

POLICY_NAME = "policy.yaml"
APPROVERS = 200
RULES = 200
WINDOWS = 50

Risk = Literal["low", "medium", "high"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")]
Zone = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Encoded = Annotated[str, Meta(min_length=1, max_length=2_000)]
# Every action, those of one product, or one: `*`, `shop/*`, `shop/restart-service`.
ActionPattern = Annotated[str, Meta(pattern=r"^(\*|[^/*]+/(\*|[a-z][a-z0-9-]{0,63}))\Z", max_length=300)]


class _Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What every part of the file has in common."""


class Passkey(_Part, frozen=True, kw_only=True):
    """A passkey: both binary values as base64. User verification is always required."""

    credential_id: Encoded
    public_key: Encoded  # the COSE key
    relying_party: Text
    origin: Text


class Approver(_Part, frozen=True, kw_only=True):
    """One person, and what this person may approve."""

    name: Name
    keys: Annotated[list[PublicKeyText], Meta(max_length=16)] = []
    passkeys: Annotated[list[Passkey], Meta(max_length=16)] = []
    kinds: Annotated[list[Literal["action"]], Meta(min_length=1)] = field(default_factory=lambda: ["action"])
    actions: Annotated[list[ActionPattern], Meta(max_length=RULES)]
    risks: list[Risk]


class Needed(_Part, frozen=True, kw_only=True):
    """How many different persons have to approve, by risk."""

    low: Annotated[int, Meta(ge=1, le=APPROVERS)] = 1
    medium: Annotated[int, Meta(ge=1, le=APPROVERS)] = 1
    high: Annotated[int, Meta(ge=1, le=APPROVERS)] = 2


class Window(_Part, frozen=True, kw_only=True):
    """When: from `start` on each of `days` until `end`, which is on the next day if it is not later."""

    name: Name
    days: Annotated[list[Day], Meta(min_length=1, max_length=7)]
    start: Clock = field(name="from")
    end: Clock = field(name="to")
    zone: Zone


class InAdvance(_Part, frozen=True, kw_only=True):
    """One action with exactly these parameters runs unattended, so many times a day."""

    product: Name
    action: ActionName
    parameters: Parameters = {}
    up_to_risk: Risk = "low"
    per_day: Annotated[int, Meta(ge=1, le=1_000)]
    only_in: Annotated[list[Name], Meta(max_length=WINDOWS)] = []


class Collecting(_Part, frozen=True, kw_only=True):
    """What may be gathered for support bundles: files below these folders. Links in them are not followed."""

    roots: Annotated[list[PathPattern], Meta(max_length=RULES)] = []


class Policy(_Part, frozen=True, kw_only=True):
    """The whole file. `zone` says when a day begins for what is counted by day."""

    version: Literal[1, "1"]
    site: Name
    zone: Zone = "UTC"
    approvers: Annotated[list[Approver], Meta(max_length=APPROVERS)] = []
    needed: Needed = Needed()
    windows: Annotated[list[Window], Meta(max_length=WINDOWS)] = []
    only_in: Annotated[list[Name], Meta(max_length=WINDOWS)] = []  # nothing runs outside these; empty: any time
    in_advance: Annotated[list[InAdvance], Meta(max_length=RULES)] = []
    # The page that asks for a passkey comes from the collector. With true, who steals the collector can show one
    # action to an approver and have another approved. Actions run as root; leave this false if a key file will do.
    passkey_may_approve_actions: bool = False
    collect: Collecting = Collecting()
    # Where patches may change files, and which of those that nobody can take back may be applied (by their ids).
    patch_roots: Annotated[list[PathPattern], Meta(max_length=RULES)] = []
    # A patch that changes databases always needs a backup right before it; one that changes files alone, unless:
    patches_without_backup: bool = False
    irreversible_patches: Annotated[list[Name], Meta(max_length=RULES)] = []
    # On a host without a network what the vendor's bundle key has signed on a stick holds a year instead of a month.
    # With a network leave it false: who steals the collector could show this host the same old state for a year.
    without_network: bool = False
    # Who lets a redacted bundle leave: a person at this host, after looking at it, or nobody.
    release_bundles: Literal["by_person", "automatically"] = "by_person"


def read_policy(text: str | bytes) -> Policy:
    """The policy in `text`; `TextRefused` with the faults found."""
    return read_placed_policy(text)[0]


def read_placed_policy(text: str | bytes) -> tuple[Policy, Marks]:
    """The policy in `text`, and where each of its parts stands; `TextRefused` with the faults found."""
    policy, marks = read_placed(text, Policy)
    found = [Fault(*mark_of(path, marks), problem) for check in _CHECKS for path, problem in check(policy)]
    if found:
        raise TextRefused(sorted(found, key=lambda fault: (fault.line, fault.column)))
    return policy, marks


def passkey_id(passkey: Passkey) -> bytes:
    """The raw credential id."""
    return decode_base64(passkey.credential_id)


Found = Iterator[tuple[str, Sentence]]


def _approver_faults(policy: Policy) -> Found:
    names: set[str] = set()
    for at, approver in enumerate(policy.approvers):
        path = f"$.approvers[{at}]"
        if has_hidden_characters(approver.name):
            yield f"{path}.name", sentence("a name holds characters that cannot be seen")
        folded = unicodedata.normalize("NFKC", approver.name).casefold()
        if folded in names:
            yield (
                f"{path}.name",
                sentence("the approver {name} stands twice; give one all the keys", name=approver.name),
            )
        names.add(folded)
        if not approver.keys and not approver.passkeys:
            yield path, sentence("{name} has neither a key nor a passkey", name=approver.name)


def _key_faults(policy: Policy) -> Found:
    """One key belongs to one person, whether as a file or in an authenticator."""
    seen: set[bytes] = set()
    for path, raw in _raw_keys(policy):
        try:
            material = raw()
        except Malformed as error:
            yield path, sentence("not a public key: {problem}", problem=str(error))
            continue
        if material in seen:
            yield path, sentence("this key stands twice")
        seen.add(material)


def _raw_keys(policy: Policy) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for at, approver in enumerate(policy.approvers):
        for of, key in enumerate(approver.keys):
            yield f"$.approvers[{at}].keys[{of}]", partial(_key_material, key)
        for of, passkey in enumerate(approver.passkeys):
            yield f"$.approvers[{at}].passkeys[{of}].public_key", partial(_cose_material, passkey.public_key)


def _key_material(text: str) -> bytes:
    return public_bytes(load_public(decode_base64(text)))


def _cose_material(text: str) -> bytes:
    """A COSE key as bytes that are equal for equal keys, those of key files included."""
    raw = decode_base64(text)
    key = read_cose_key(raw)
    return public_bytes(key) if isinstance(key, Ed25519PublicKey) else raw


def _passkey_faults(policy: Policy) -> Found:
    seen: set[bytes] = set()
    for at, approver in enumerate(policy.approvers):
        for of, passkey in enumerate(approver.passkeys):
            path = f"$.approvers[{at}].passkeys[{of}]"
            try:
                name = passkey_id(passkey)
            except Malformed as error:
                yield f"{path}.credential_id", sentence("not base64: {problem}", problem=str(error))
                continue
            if name in seen or len(name) > CREDENTIAL_BYTES:
                yield f"{path}.credential_id", sentence("this credential id is too long or stands twice")
            seen.add(name)
            if not _origin_fits(passkey):
                words = sentence(
                    "{origin} is not an https address of {party}", origin=passkey.origin, party=passkey.relying_party
                )
                yield f"{path}.origin", words


def _origin_fits(passkey: Passkey) -> bool:
    """Whether a browser would let this origin use this relying party: https, its own host or a parent of it."""
    try:
        parts = urlsplit(passkey.origin)
        host = parts.hostname or ""
        whole = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host == "localhost")
    party = passkey.relying_party
    return is_safe and passkey.origin == whole and (host == party or host.endswith(f".{party}"))


def _window_faults(policy: Policy) -> Found:
    names: set[str] = set()
    for at, window in enumerate(policy.windows):
        path = f"$.windows[{at}]"
        if window.name in names:
            yield f"{path}.name", sentence("the window {name} stands twice", name=window.name)
        names.add(window.name)
        if not _is_zone(window.zone):
            yield f"{path}.zone", sentence("{zone} is not a time zone such as Asia/Seoul", zone=window.zone)
        if window.start in {window.end, "24:00"}:
            yield f"{path}.from", sentence("a window has to end after it begins; a whole day is 00:00 to 24:00")
    if not _is_zone(policy.zone):
        yield "$.zone", sentence("{zone} is not a time zone such as Asia/Seoul", zone=policy.zone)
    wanted = [("$.only_in", policy.only_in)]
    wanted += [(f"$.in_advance[{at}].only_in", rule.only_in) for at, rule in enumerate(policy.in_advance)]
    for path, list_of in wanted:
        for name in sorted(set(list_of) - names):
            yield path, sentence("there is no window {name}", name=name)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _root_faults(policy: Policy) -> Found:
    for at, root in enumerate(policy.collect.roots):
        if not is_plain(root, wild=False):
            yield f"$.collect.roots[{at}]", sentence("{path} is not a plain absolute path", path=root)
    for at, root in enumerate(policy.patch_roots):
        if not is_plain(root, wild=False) or root == "/":
            yield f"$.patch_roots[{at}]", sentence("{path} is not a plain absolute path", path=root)


_CHECKS = (_approver_faults, _key_faults, _passkey_faults, _window_faults, _root_faults)

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def has_hidden_characters(text: str) -> bool:
    """Whether `text` holds characters that a screen does not show or that turn the direction of reading."""
    return any(unicodedata.category(char) in _UNSEEN for char in text)


def encode_key(raw: bytes) -> str:
    """Raw bytes as they stand in the file."""
    return base64.b64encode(raw).decode()
