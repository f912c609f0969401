"""How long certificates are good for still: those in files, and those that TLS ports show.

A port's certificate is read without trusting it: whether it is trusted is a question of who connects,
when it ends is not. Both readings are days; a certificate that cannot be read counts as ended.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.health.probe import Reading
from agent.health.thresholds import Bounds
from agent.settings.probes import CertificateChecks

if TYPE_CHECKING:
    from cryptography import x509  # loaded on hosts that have certificates to look at: it takes half a megabyte

WAIT_S = 4.0  # a port; all of them together stay below the deadline only while few hang
FILE_BYTES = 1_000_000
PEM = b"-----BEGIN CERTIFICATE-----"


class Certificates:
    """Two readings for each certificate: days until a ticket in time, days until a serious one."""

    def __init__(self, settings: CertificateChecks, *, path: str = "", address: str = "") -> None:
        self.name = f"certificate {path or address}"
        self.interval_s = settings.interval_s
        self._path = path
        self._address = address
        self._soon = Bounds(settings.soon_days, settings.soon_days + 1)
        self._late = Bounds(settings.late_days, settings.late_days + 1)

    def read(self, now: datetime) -> Iterator[Reading]:
        """The days that are left; below 0 it has ended."""
        name = self._path or self._address
        try:
            found = read_file(Path(self._path)) if self._path else read_port(self._address)
        except (OSError, ValueError) as error:
            problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            yield Reading("HOST-CRT-0001", name, -1.0, "days", self._late, f"{name}: {problem}")
            return
        days = (found.not_valid_after_utc - now).total_seconds() / 86_400
        text = f"{name}: {_subject(found)} ends {found.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, in {days:.1f} days"
        yield Reading("HOST-CRT-0001", name, days, "days", self._late, text)
        yield Reading("HOST-CRT-FORECAST", name, days, "days", self._soon, text)


def read_file(path: Path) -> x509.Certificate:
    """The first certificate of a PEM or DER file; ValueError when there is none."""
    from cryptography import x509  # noqa: PLC0415  # see above

    with path.open("rb") as file:
        raw = file.read(FILE_BYTES)
    return x509.load_pem_x509_certificate(raw) if PEM in raw else x509.load_der_x509_certificate(raw)


def read_port(address: str) -> x509.Certificate:
    """The certificate that `host:port` shows; OSError when nothing speaks TLS there."""
    from cryptography import x509  # noqa: PLC0415  # see above

    host, _, port = address.rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, int(port)), WAIT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        raw = connection.getpeercert(binary_form=True)
    if raw is None:
        raise ValueError("no certificate was shown")
    return x509.load_der_x509_certificate(raw)


def _subject(found: x509.Certificate) -> str:
    from cryptography import x509  # noqa: PLC0415  # see above

    names = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value)[:100] if names else "the certificate"
