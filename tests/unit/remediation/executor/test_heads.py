"""What is kept beside the chain, and the proof of growth from there."""

from __future__ import annotations

from pathlib import Path

from remediation.audit.tree import proves_consistency
from remediation.executor.heads import give_head, take_head
from tests.fakes.maintained_host import MaintainedHost
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.heads import AuditHead, write_head
from wire.keys import generate_key


def _countersigned(host: MaintainedHost, head: AuditHead) -> bytes:
    return encode_envelope(add_signature(add_signature(write_head(head), host.host_key), host.receipt_key))


def test_growth_is_proven_from_the_newest_secured_head(tmp_path: Path) -> None:
    host = MaintainedHost(tmp_path)
    place = host.sources.place()
    host.run(host.request())
    first = give_head(host.journal, place)
    assert (first.secured, first.proof) == (0, [])
    take_head(host.journal, place, _countersigned(host, first.head))
    for number in range(3):
        host.run(host.request(id=f"{number:032x}"))
    second = give_head(host.journal, place)
    assert second.secured == first.head.size < second.head.size
    old, new = bytes.fromhex(first.head.root), bytes.fromhex(second.head.root)
    proof = [bytes.fromhex(each) for each in second.proof]
    assert proves_consistency(first.head.size, old, second.head.size, new, proof)


def test_heads_of_an_earlier_enrolment_secure_nothing(tmp_path: Path) -> None:
    host = MaintainedHost(tmp_path)
    place = host.sources.place()
    host.run(host.request())
    head = give_head(host.journal, place).head
    take_head(host.journal, place, _countersigned(host, head))
    host.host_key = generate_key()
    host.__post_init__()
    assert give_head(host.journal, host.sources.place()).secured == 0
