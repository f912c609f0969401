"""A passkey in software: makes the assertions that a browser and a security key would make together."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from remediation.trust.assertion import Assertion, Credential, PasskeyApproval, challenge, read_cose_key
from wire.documents.envelope import Envelope
from wire.keys import Ed25519PrivateKey, generate_key, public_bytes

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, NEW_KEY, EXTENSIONS = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80


def _cbor(value: object) -> bytes:
    """The little CBOR that a COSE key needs: a map of small whole numbers to numbers or byte strings."""
    if isinstance(value, dict):
        return bytes([0xA0 | len(value)]) + b"".join(_cbor(key) + _cbor(item) for key, item in value.items())
    if isinstance(value, bytes):
        return bytes([0x58, len(value)]) + value
    assert isinstance(value, int)
    return bytes([value if value >= 0 else 0x20 | (-1 - value)])


@dataclass
class Authenticator:
    """One passkey for one relying party."""

    relying_party: str = "portal.example"
    origin: str = "https://portal.example"
    key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = b"credential-1"
    counter: int = 0
    flags: int = PRESENT | VERIFIED | ELIGIBLE | BACKED_UP

    @classmethod
    def eddsa(cls, credential_id: bytes = b"credential-1") -> Authenticator:
        return cls(key=generate_key(), credential_id=credential_id)

    @property
    def cose_key(self) -> bytes:
        if isinstance(self.key, Ed25519PrivateKey):
            return _cbor({1: 1, 3: -8, -1: 6, -2: public_bytes(self.key)})
        numbers = self.key.public_key().public_numbers()
        return _cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    @property
    def credential(self) -> Credential:
        return Credential(self.credential_id, read_cose_key(self.cose_key), self.relying_party, self.origin)

    def answer(self, asked: bytes, **client: object) -> Assertion:
        """Sign the challenge `asked`; `client` replaces members of the client data."""
        self.counter += 1
        text = base64.urlsafe_b64encode(asked).rstrip(b"=").decode()
        members = {"type": "webauthn.get", "challenge": text, "origin": self.origin, "crossOrigin": False} | client
        return self.sign(json.dumps(members, separators=(",", ":")).encode(), self.authenticator_data())

    def authenticator_data(self) -> bytes:
        party = hashlib.sha256(self.relying_party.encode()).digest()
        return party + bytes([self.flags]) + self.counter.to_bytes(4, "big")

    def sign(self, client_data: bytes, authenticator_data: bytes) -> Assertion:
        covered = authenticator_data + hashlib.sha256(client_data).digest()
        if isinstance(self.key, Ed25519PrivateKey):
            signature = self.key.sign(covered)
        else:
            signature = self.key.sign(covered, ec.ECDSA(hashes.SHA256()))
        return Assertion(self.credential_id, client_data, authenticator_data, signature)

    def approve(self, envelope: Envelope) -> PasskeyApproval:
        return PasskeyApproval(envelope, self.answer(challenge(envelope)))
