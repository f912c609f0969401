"""Heads of the audit chain as the executor gives and keeps them."""

from __future__ import annotations

from typing import Final

from remediation.audit.heads import keep_head, kept_heads
from remediation.audit.proofs import growth_proof
from remediation.executor.journal import Journal
from remediation.executor.model import HeadGiven
from remediation.executor.place import PlaceFile
from remediation.executor.requests import Refused
from wire.documents.envelope import decode_envelope
from wire.documents.heads import AuditHead, read_head
from wire.errors import Malformed
from wire.keys import load_public

LOOKED_AT: Final = 4  # of the newest: heads come in the order in which they were signed


def give_head(journal: Journal, place: PlaceFile) -> HeadGiven:
    """The chain as it is now, with the proof that it has only grown since the newest head that is secured."""
    head = journal.chain.head().of(place.host)
    secured = max((each.size for each in _secured(journal, place) if each.size <= head.size), default=0)
    proof = growth_proof(journal.folder, secured, head.size)
    return HeadGiven(head=head, secured=secured, proof=proof)


def take_head(journal: Journal, place: PlaceFile, countersigned: bytes) -> HeadGiven:
    """Keep a countersigned head of this chain, and give the newest; `Refused` for any other."""
    try:
        envelope = decode_envelope(countersigned)
        signed = read_head(envelope, load_public(place.host_key), load_public(place.receipt_key))
    except Malformed as error:
        raise Refused("head_refused", str(error)) from error
    if signed.agent != place.host or signed.size > journal.chain.head().size:
        raise Refused("head_refused", "it is of another chain")
    if envelope not in kept_heads(journal.folder):
        keep_head(journal.folder, envelope)
    return give_head(journal, place)


def _secured(journal: Journal, place: PlaceFile) -> list[AuditHead]:
    """The heads that are kept here for this host. Their signatures were checked before they were kept."""
    keys = [load_public(place.host_key), load_public(place.receipt_key)]
    found = []
    for envelope in list(kept_heads(journal.folder))[-LOOKED_AT:]:
        try:
            head = read_head(envelope, *keys)
        except Malformed:
            continue  # of an enrolment before this one
        if head.agent == place.host:
            found.append(head)
    return found
