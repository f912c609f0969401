from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.health.probes.certificates import Certificates
from agent.settings.probes import CertificateChecks
from tests.builders import NOW
from tests.fakes.probes import bad, readings


def certificate(path: Path, days: float, encoding: Encoding = Encoding.PEM) -> None:
    """A certificate, and its key before it in the same file when it is PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "his.clinic.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=900))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) if encoding is Encoding.PEM else b""
    path.write_bytes(private + made.public_bytes(encoding))


@contextmanager
def tls_port(path: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                    with connection, context.wrap_socket(connection, server_side=True) as speaking:
                        speaking.recv(1)
                except OSError:
                    if listener.fileno() < 0 or stopping.is_set():
                        return

        stopping = threading.Event()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


CASES = [
    (90, []),
    (29, ["HOST-CRT-FORECAST"]),
    (6, ["HOST-CRT-0001", "HOST-CRT-FORECAST"]),
    (-1, ["HOST-CRT-0001", "HOST-CRT-FORECAST"]),
]


@pytest.mark.parametrize(("days", "codes"), CASES)
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_files(tmp_path: Path, days: float, codes: list[str], encoding: Encoding) -> None:
    path = tmp_path / "c"
    certificate(path, days, encoding)
    assert [code for code, _ in bad(Certificates(CertificateChecks(), path=str(path)), NOW)] == codes


@pytest.mark.parametrize(("days", "codes"), CASES)
def test_ports_even_where_nobody_trusts_them(tmp_path: Path, days: float, codes: list[str]) -> None:
    certificate(tmp_path / "c", days)
    with tls_port(tmp_path / "c") as address:
        probe = Certificates(CertificateChecks(), address=address)
        assert [code for code, _ in bad(probe, NOW)] == codes
        assert "his.clinic.example ends" in readings(probe, NOW)[0].text


def test_what_cannot_be_read_counts_as_ended(tmp_path: Path) -> None:
    (tmp_path / "rubbish").write_bytes(b"-----BEGIN CERTIFICATE-----\nxx\n")
    for name in ("rubbish", "missing"):
        probe = Certificates(CertificateChecks(), path=str(tmp_path / name))
        assert bad(probe, NOW) == [("HOST-CRT-0001", str(tmp_path / name))]
    with socket.create_server(("127.0.0.1", 0)) as mute:
        closed = f"127.0.0.1:{mute.getsockname()[1]}"
    assert bad(Certificates(CertificateChecks(), address=closed), NOW) == [("HOST-CRT-0001", closed)]
