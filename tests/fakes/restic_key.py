"""A restic repository whose key costs nothing to derive: each call of restic spends half a second on it otherwise.

Only for tests that make hundreds of calls; the layout of a key file stands in restic's design document.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.poly1305 import Poly1305

CHEAP = {"N": 1024, "r": 1, "p": 1}
IV_BYTES = MAC_BYTES = 16


def cheapen(root: Path, password: str, name: str = "") -> None:
    """Wrap the master key of the repository below `root` again, with the cheapest parameters. `name`: of which key."""
    (path,) = (root / "keys").glob(f"{name}*")
    fields: dict[str, Any] = json.loads(path.read_bytes())
    data = b64decode(fields["data"])
    text = _counted(_key(fields, password), data[:IV_BYTES], data[IV_BYTES:-MAC_BYTES])
    fields |= CHEAP
    key, iv = _key(fields, password), data[:IV_BYTES]
    sealed = _counted(key, iv, text)
    fields["data"] = b64encode(iv + sealed + _mac(key, iv, sealed)).decode()
    content = json.dumps(fields).encode()
    path.unlink()
    (root / "keys" / hashlib.sha256(content).hexdigest()).write_bytes(content)


def _key(fields: dict[str, Any], password: str) -> bytes:
    scrypt = Scrypt(b64decode(fields["salt"]), length=64, n=fields["N"], r=fields["r"], p=fields["p"])
    return scrypt.derive(password.encode())


def _counted(key: bytes, iv: bytes, text: bytes) -> bytes:
    return Cipher(algorithms.AES(key[:32]), modes.CTR(iv)).encryptor().update(text)


def _mac(key: bytes, iv: bytes, sealed: bytes) -> bytes:
    once = Cipher(algorithms.AES(key[32:48]), modes.ECB()).encryptor().update(iv)  # noqa: S305  # one block: Poly1305-AES
    return Poly1305.generate_tag(key[48:64] + once, sealed)
