"""Those who get messages, on loopback: an HTTPS server and a mail server of this machine, with a CA of their own."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from collector.notify.model import Channel, Parcel
from collector.notify.port import Outcome, Verdict

NAME = "hook.test"  # a name that no resolver knows: tests bring their own


@dataclass
class FakeChannel:
    """Takes messages as it is told to: `outcomes` in their order, then delivered. `sent` are the ids, in order."""

    outcomes: list[Outcome] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)

    def send(self, parcel: Parcel, now: datetime) -> Outcome:
        self.sent.append(parcel.uid)
        self.parcels.append(parcel)
        return self.outcomes.pop(0) if self.outcomes else Outcome(Verdict.DELIVERED, "taken", 200)


@dataclass(frozen=True)
class Authority:
    """A CA and one server certificate for `NAME`, localhost and 127.0.0.1."""

    ca: Path
    certificate: Path
    key: Path

    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_authority(folder: Path) -> Authority:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
    ca = _certificate(issuer, issuer, ca_key, ca_key, x509.BasicConstraints(ca=True, path_length=0))
    names = x509.SubjectAlternativeName(
        [x509.DNSName(NAME), x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    leaf = _certificate(subject, issuer, key, ca_key, names)
    made = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.ca.write_bytes(ca.public_bytes(Encoding.PEM))
    made.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
    builder = builder.not_valid_after(now + timedelta(days=2)).add_extension(extension, critical=False)
    return builder.sign(signer, SHA256())


@dataclass
class Hook:
    """What an HTTP receiver answers, and what it got."""

    address: str
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    drip_s: float = 0.0  # between bytes of an answer that never ends

    def port(self) -> int:
        return int(self.address.split(":")[2].split("/")[0])


class _Handler(BaseHTTPRequestHandler):
    hook: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.hook.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        if self.hook.drip_s:
            self._drip()
            return
        status, headers = self.hook.answers.pop(0) if self.hook.answers else (204, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def _drip(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(200):
                self.wfile.write(b"x")
                time.sleep(self.hook.drip_s)
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name of the library
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        return  # who hangs up is part of these tests


@contextmanager
def hook_server(authority: Authority | None) -> Iterator[Hook]:
    """An HTTP server on a free port; with TLS where there is an authority."""
    hook = Hook("")
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hook": hook}))
    if authority is not None:
        server.socket = authority.serving().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    host = "127.0.0.1" if authority is None else NAME
    hook.address = f"http{'' if authority is None else 's'}://{host}:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@dataclass
class Postbox:
    """What a mail server answers, and what it got."""

    port: int = 0
    answers: list[str] = field(default_factory=list)  # to DATA
    to_recipient: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # names and order of the library
        self, server: smtp.SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient:
            return self.to_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: smtp.SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.mails.append(BytesParser(_class=EmailMessage, policy=SMTP).parsebytes(envelope.content))
            self.recipients.append(list(envelope.rcpt_tos))
        return answer

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=given.password == b"right", handled=True)


@contextmanager
def mail_server(authority: Authority | None, *, logins: bool = False) -> Iterator[Postbox]:
    """A mail server on a free port; STARTTLS is demanded where there is an authority."""
    postbox = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        postbox.port = free.getsockname()[1]
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": postbox.port}
    if authority is not None:
        options |= {"tls_context": authority.serving(), "require_starttls": True}
    if logins:
        options |= {"authenticator": postbox.login, "auth_required": True}
    controller = Controller(postbox, **options)
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()


def a_parcel(channel: Channel, address: str, **changed: Any) -> Parcel:
    """A message in a courier's hands."""
    values: dict[str, Any] = {
        "id": 1,
        "uid": "msg_" + "1" * 32,
        "channel": channel,
        "target_id": 1,
        "address": address,
        "subject": "[Level 1] 서울병원: 수납을 저장할 수 없음",
        "body": "text\n",
        "created_at": datetime.now(UTC),
        "attempts": 0,
        "claim": "c",
        **changed,
    }
    return Parcel(**values)
