"""The channel of mail: one message over SMTP, with TLS that is checked, in plain text.

A mail's head cannot be written by what is told: the subject is made one visible line, and a line
end in any header, but for the folds of a long subject, refuses the mail. Numbers of 500 and above
mean that this recipient or this mail is refused; everything else may pass by itself.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.mime.text import MIMEText
from email.utils import format_datetime
from pathlib import Path

from collector.notify.model import Parcel
from collector.notify.port import Outcome, Verdict
from collector.notify.watchdog import Watchdog
from collector.notify.wording import one_line
from collector.settings.model import Mail

STEP_S = 15.0
WHOLE_S = 60.0
REFUSED_FROM = 500  # SMTP: 4xx is for now, 5xx for good
PASSWORD_BYTES = 1_024
READY = 220
_BREAK = re.compile(r"[\r\n](?![ \t])|[\x00\x85\u2028\u2029]")


class NoMail:
    """The channel where the settings name no mail server."""

    def send(self, parcel: Parcel, now: datetime) -> Outcome:  # noqa: ARG002  # the shape of a channel
        """Later, when there is one."""
        return Outcome(Verdict.AGAIN, "the settings name no mail server", is_everybodys=True)


@dataclass(frozen=True)
class Mailing:
    """The channel. `context` checks the mail server's certificate."""

    settings: Mail
    context: ssl.SSLContext
    step_s: float = STEP_S
    whole_s: float = WHOLE_S

    def send(self, parcel: Parcel, now: datetime) -> Outcome:  # noqa: ARG002  # its date is that of the message
        """One mail to one address."""
        try:
            mail = mail_of(parcel, self.settings.sender)
        except ValueError as error:
            return Outcome(Verdict.REFUSED, f"this cannot be a mail: {error}")
        with Watchdog(self.whole_s) as watchdog:
            try:
                return self._deliver(mail, parcel.address, watchdog)
            except smtplib.SMTPResponseException as error:
                return Outcome(
                    Verdict.AGAIN,
                    f"{type(error).__name__}: {_words(error.smtp_error)}",
                    status=error.smtp_code,
                    is_everybodys=True,
                )
            except (OSError, smtplib.SMTPException, ValueError) as error:
                words = f"not done within {self.whole_s:g} s" if watchdog.has_bitten else str(error)
                return Outcome(Verdict.AGAIN, f"{type(error).__name__}: {words}", is_everybodys=True)

    def _deliver(self, mail: MIMEText, address: str, watchdog: Watchdog) -> Outcome:
        smtp = _Wire(self.settings, self.context, watchdog, self.step_s)
        try:
            if self.settings.tls == "starttls":
                smtp.secure()
            if self.settings.user:
                smtp.login(self.settings.user, _password(self.settings))
            try:
                smtp.send_message(mail, self.settings.sender, [address])
            except smtplib.SMTPRecipientsRefused as error:
                status, words = error.recipients[address]
                return _refused(status, words)
            except smtplib.SMTPDataError as error:
                return _refused(error.smtp_code, error.smtp_error)
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()  # it has the mail: a bad goodbye must not send it twice
        finally:
            smtp.close()
        return Outcome(Verdict.DELIVERED, "the mail server has taken it", status=250)


def mail_of(parcel: Parcel, sender: str) -> MIMEText:
    """The mail as it goes out: the same at every try, its date too. `ValueError` for a head that cannot be."""
    mail = MIMEText(parcel.body, "plain", "utf-8")
    subject = one_line(parcel.subject)
    heads: dict[str, str] = {
        "From": sender,
        "To": parcel.address,
        # Folded by `Header`: the newer classes of the library lose spaces between Korean words.
        "Subject": Header(subject, "us-ascii" if subject.isascii() else "utf-8", header_name="Subject").encode(),
        "Date": format_datetime(parcel.created_at),
        "Message-ID": f"<{parcel.uid}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
    }
    for name, value in heads.items():
        if _BREAK.search(value):
            raise ValueError(f"a line end in {name}")
        mail[name] = value
    return mail


def _refused(status: int, words: bytes | str) -> Outcome:
    verdict = Verdict.REFUSED if status >= REFUSED_FROM else Verdict.AGAIN
    return Outcome(verdict, _words(words), status=status)


def _words(answer: bytes | str) -> str:
    return one_line(answer.decode(errors="replace") if isinstance(answer, bytes) else answer)


def _password(settings: Mail) -> str:
    if settings.password_file is None:
        return ""
    with Path(settings.password_file).open("rb") as file:
        return file.read(PASSWORD_BYTES).decode().strip()


class _Wire(smtplib.SMTP):
    """A conversation whose socket the watchdog knows from its first byte on."""

    def __init__(self, settings: Mail, context: ssl.SSLContext, watchdog: Watchdog, step_s: float) -> None:
        self._settings = settings
        self._tls = context
        self._watchdog = watchdog
        # Our name in EHLO: the sender's domain. Asking the system for it would be a look-up without a bound.
        name = settings.sender.rpartition("@")[2]
        super().__init__(settings.host, settings.port, local_hostname=name, timeout=step_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        used = socket.create_connection((host, port), timeout)
        self._watchdog.watch(used)
        return self._secured(used) if self._settings.tls == "implicit" else used

    def secure(self) -> None:
        """STARTTLS, or an error. What came before it in plain text is forgotten.

        Not that of the library: the watchdog has to know the new socket before the handshake.
        """
        self.ehlo_or_helo_if_needed()
        code, words = self.docmd("STARTTLS")
        if code != READY or self.sock is None:
            raise smtplib.SMTPResponseException(code, words)
        self.sock = self._secured(self.sock)
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def _secured(self, plain: socket.socket) -> ssl.SSLSocket:
        secured = self._tls.wrap_socket(plain, server_hostname=self._settings.host, do_handshake_on_connect=False)
        self._watchdog.watch(secured)
        try:
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured
