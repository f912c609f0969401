"""The log-in that commands use: one file in the user's own configuration, readable by nobody else."""

from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from remediation.durable import PRIVATE_FILE, PRIVATE_FOLDER, write_durably
from wire.sentence import Sentence, sentence

FILE: Final = "login.json"
FILE_BYTES: Final = 10_000


class Account(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where somebody is logged in, as whom, and until when."""

    address: str
    name: str
    token: str
    expires_at: datetime
    ca_file: str = ""


class AccountRefused(Exception):
    """There is no usable log-in; the sentence says what to do."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def save_account(folder: Path, account: Account) -> Path:
    """Keep the log-in below `folder`, for its owner alone."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    path = folder / FILE
    write_durably(path, msgspec.json.encode(account), mode=PRIVATE_FILE)
    return path


def load_account(folder: Path, now: datetime) -> Account:
    """The log-in that holds; `AccountRefused` otherwise."""
    path = folder / FILE
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise AccountRefused(sentence("{path} can be read by others: log in again", path=path))
        with path.open("rb") as file:
            account = msgspec.json.decode(file.read(FILE_BYTES), type=Account)
    except FileNotFoundError as error:
        raise AccountRefused(sentence("not logged in: sitewarden login URL")) from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AccountRefused(sentence("{path} cannot be used: log in again", path=path)) from error
    if account.expires_at.tzinfo is None or account.expires_at <= now:
        raise AccountRefused(sentence("the log-in at {address} is over: log in again", address=account.address))
    return account


def drop_account(folder: Path) -> None:
    """Forget the log-in."""
    (folder / FILE).unlink(missing_ok=True)
