"""Standard Webhooks: the headers by which a receiver knows that a call is ours and has not been changed.

The signature is HMAC-SHA256 over `id.timestamp.body` with a secret that only the two sides have. The
id is the same at every try; the timestamp is that of the try, so that a receiver can refuse old ones.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def secret_text(key: bytes) -> str:
    """A key as people hand it over.

    >>> secret_text(bytes(3))
    'whsec_AAAA'
    """
    return PREFIX + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """The key of `secret_text`."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def signed_headers(secret: str, uid: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one try."""
    timestamp = str(int(now.timestamp()))
    content = b".".join((uid.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(key_of(secret), content, hashlib.sha256)).decode()
    return {"webhook-id": uid, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}
