from __future__ import annotations

import os

import msgspec
import pytest

from remediation.backup.engines.archive.format import Foreign
from remediation.backup.engines.archive.keyring import Keys, Recipient, unwrap, wrap

MASTER = bytes(range(32))
FILE = Recipient(b"f" * 32)
PHRASE = Recipient("열쇠 phrase")


@pytest.mark.parametrize("recipient", [FILE, PHRASE])
def test_a_recipient_opens_what_was_wrapped_for_it(recipient: Recipient) -> None:
    wrapped = wrap(MASTER, recipient, "repo", os.urandom)
    assert unwrap(wrapped, recipient, "repo") == MASTER
    assert unwrap(wrapped, Recipient(b"g" * 32), "repo") is None
    assert unwrap(wrapped, Recipient("another"), "repo") is None
    assert unwrap(wrapped, recipient, "another repository") is None
    assert MASTER.hex().encode() not in wrapped


def test_a_phrase_is_the_same_however_it_was_typed() -> None:
    wrapped = wrap(MASTER, Recipient("caf\u00e9"), "repo", os.urandom)
    assert unwrap(wrapped, Recipient("cafe\u0301"), "repo") == MASTER


@pytest.mark.parametrize(
    "changed", [{"n": 1 << 30}, {"n": 3}, {"r": 1 << 20}, {"p": -1}, {"format": 2}, {"salt": "zz"}]
)
def test_a_forged_object_costs_nothing_and_opens_nothing(changed: dict[str, object]) -> None:
    fields = msgspec.json.decode(wrap(MASTER, PHRASE, "repo", os.urandom))
    assert unwrap(msgspec.json.encode({**fields, **changed}), PHRASE, "repo") is None
    assert unwrap(b"{}", PHRASE, "repo") is None


def test_ids_depend_on_the_key_and_the_content() -> None:
    one, other = Keys(MASTER), Keys(bytes(32))
    assert one.chunk_id(b"a") == Keys(MASTER).chunk_id(b"a")
    assert len({one.chunk_id(b"a"), one.chunk_id(b"b"), other.chunk_id(b"a"), bytes.fromhex(one.name_of(b"a"))}) == 4


def test_a_head_opens_under_its_own_kind_and_unchanged_only() -> None:
    keys = Keys(MASTER)
    sealed = keys.seal_head(b"content", "snapshots/1", os.urandom)
    assert keys.open_head(sealed, "snapshots/1") == b"content"
    assert keys.open_named(sealed, "snapshots/1", keys.name_of(sealed)) == b"content"
    for number in range(len(sealed)):
        broken = bytearray(sealed)
        broken[number] ^= 1
        with pytest.raises(Foreign):
            keys.open_head(bytes(broken), "snapshots/1")
    for bad in (sealed[:-1], b"", sealed + b"x"):
        with pytest.raises(Foreign):
            keys.open_head(bad, "snapshots/1")
    with pytest.raises(Foreign):
        keys.open_head(sealed, "snapshots/2")
    with pytest.raises(Foreign):
        keys.open_named(sealed, "snapshots/1", "0" * 64)


def test_each_run_has_its_own_key() -> None:
    nonce = bytes(12)
    one = Keys(MASTER).run_key(b"1" * 32).encrypt(nonce, b"x", None)
    assert one == Keys(MASTER).run_key(b"1" * 32).encrypt(nonce, b"x", None)
    assert one != Keys(MASTER).run_key(b"2" * 32).encrypt(nonce, b"x", None)
