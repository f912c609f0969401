from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from remediation.audit.chain import ChainBroken
from remediation.executor.questions import REQUEST_BYTES
from remediation.executor.requests import BRACKETS, OPERATIONS, Operations, answer
from remediation.trust.ledger import LedgerBroken
from tests.fakes.maintained_host import PEER, MaintainedHost
from wire.documents.envelope import encode_envelope


class Nothing:
    """Operations that must not be reached."""

    @property
    def bundles(self) -> Nothing:
        return self

    @property
    def patches(self) -> Nothing:
        return self

    def __getattr__(self, name: str) -> Any:
        def reached(*_: object) -> None:
            raise AssertionError(name)

        return reached


class Broken:
    def __init__(self, error: Exception) -> None:
        self._error = error

    @property
    def bundles(self) -> Broken:
        return self

    @property
    def patches(self) -> Broken:
        return self

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object) -> None:
            raise self._error

        return fail


def asked(raw: bytes, operations: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer(raw, operations, PEER))
    return found


def body(**values: object) -> bytes:
    return json.dumps({"op": "run", "body": values}).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"op":"Status"}',
        b'{"op":"__init__"}',
        b'{"op":"_run_steps","body":{}}',
        b'{"op":"audit_head"}',
        b'{"op":"shell","body":{"argv":["id"]}}',
        b'{"op":"run"}',
        b'{"op":"bundle-piece","body":{"digest":"../../audit","number":0}}',
        b'{"op":"bundle-note","body":{"digest":"' + b"0" * 64 + b'","became":"../x"}}',
        b'{"op":"run","op":"status"}',
        b'{"op":"status","body":{"more":1}}',
        b'{"op":"status","more":1}',
        b'{"op":1}',
        b'{"op":"status","body":null}',
        body(document=""),
        body(document="not base64!"),
        body(document="e30=", approvals=["e30="] * 17),
        body(document="e30=", argv=["id"]),
        body(document="e30=", again="yes"),
        b"\xff" * 10,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b" " * (REQUEST_BYTES + 1),
    ],
)
def test_what_is_not_in_the_table_is_refused(raw: bytes) -> None:
    assert asked(raw, Nothing())["error"] in {"malformed", "unknown_operation", "too_large"}


def test_every_operation_of_the_table_has_its_function(tmp_path: Path) -> None:
    host = MaintainedHost(tmp_path)
    operations: Operations = host.executor
    document = base64.b64encode(encode_envelope(host.request())).decode()
    bodies: dict[str, dict[str, Any]] = {name: {} for name in OPERATIONS}
    for name in ("run", "revoke", "decline"):
        bodies[name] = {"document": document}
    bodies["bundle-index"] = {"digest": "0" * 64}
    bodies["patch-progress"] = {"digest": "0" * 64}
    bodies["bundle-piece"] = {"digest": "0" * 64, "number": 0}
    bodies["bundle-note"] = {"digest": "0" * 64, "became": "dropped"}
    errors = {
        name: asked(json.dumps({"op": name, "body": bodies[name]}).encode(), operations).get("error", "")
        for name in OPERATIONS
    }
    assert {errors.pop(f"bundle-{each}") for each in ("index", "piece", "note")} == {"no_bundle"}
    assert {errors.pop(name) for name in ("run", "status", "audit-head", "patch-progress")} == {""}
    assert errors == {"revoke": "unknown_kind", "decline": "unknown_kind"}


@pytest.mark.parametrize("error", [ChainBroken("no disk"), LedgerBroken("no disk")])
def test_a_broken_record_is_told(error: Exception) -> None:
    assert asked(b'{"op":"status"}', Broken(error)) == {"error": "broken", "detail": "no disk"}


def test_a_mistake_is_not_swallowed_here() -> None:
    with pytest.raises(ZeroDivisionError):
        answer(b'{"op":"status"}', Broken(ZeroDivisionError()), PEER)


def test_brackets_bound_the_depth() -> None:
    assert asked(b"[" * (BRACKETS + 1), Nothing())["error"] == "too_large"
    assert asked(b"[" * BRACKETS, Nothing())["error"] == "malformed"
