"""`sitewarden login`: a token of this user for the commands that talk to the collector."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from deploy.desk.app import config_folder, read_passphrase, type_line, type_passphrase
from deploy.desk.asking.account import Account, save_account
from deploy.desk.asking.console import Console, ConsoleRefused
from deploy.desk.commands.asking import asking
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class Login:
    """Asks for name and password; keeps the token, never the password."""

    name = "login"
    summary = sentence("log in at a collector's console; the token is kept for you alone")
    examples: Sequence[str] = (
        "sitewarden login https://desk.example",
        "sitewarden login https://desk.example --token-stdin < token.txt",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("one JSON object")))
        words = sentence("the address of the collector's console")
        parser.add_argument("address", metavar="URL", help=terminal.text(words))
        words = sentence("your user name; without it you are asked")
        parser.add_argument("--user", metavar="NAME", help=terminal.text(words))
        words = sentence("the certificate of the authority that signed the collector's")
        parser.add_argument("--ca-file", type=Path, metavar="FILE", help=terminal.text(words))
        group = parser.add_mutually_exclusive_group()
        words = sentence("read the password from standard input, one line")
        group.add_argument("--password-stdin", action="store_true", help=terminal.text(words))
        words = sentence("read an API token from standard input, one line, instead of name and password")
        group.add_argument("--token-stdin", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Log in and keep the token."""
        ca_file = Path(os.path.abspath(arguments.ca_file)) if arguments.ca_file else None  # noqa: PTH100  # keeps links
        with asking():
            found = (
                _by_token(arguments, ca_file) if arguments.token_stdin else _by_password(arguments, terminal, ca_file)
            )
            account = _account(found, arguments.address, ca_file)
        try:
            path = save_account(config_folder(), account)
        except OSError as error:
            words = sentence("{path} cannot be written: {reason}", path=config_folder(), reason=error.strerror or "")
            raise CommandRefused(words, Exit.FAILED) from error
        until = account.expires_at.isoformat(timespec="minutes")
        if arguments.json:
            terminal.json({"address": account.address, "name": account.name, "expires_at": until})
        else:
            terminal.say(
                sentence("logged in as {name} until {until} ({path})", name=account.name, until=until, path=path)
            )
        return Exit.DONE


def _by_password(arguments: argparse.Namespace, terminal: Terminal, ca_file: Path | None) -> Any:
    console = Console(arguments.address, ca_file=ca_file)  # a wrong address is refused before anything is asked
    name = arguments.user or type_line(terminal.text(sentence("user name: ")))
    if arguments.password_stdin:
        password = read_passphrase()
    else:
        password = type_passphrase(terminal.text(sentence("password of {name}: ", name=name)))
    return console.post("/v1/login", {"name": name, "password": password})


def _by_token(arguments: argparse.Namespace, ca_file: Path | None) -> Any:
    token = read_passphrase().strip()
    return {**Console(arguments.address, token=token, ca_file=ca_file).get("/v1/me"), "token": token}


def _account(found: Any, address: str, ca_file: Path | None) -> Account:
    try:
        return Account(
            address=address.rstrip("/"),
            name=str(found["name"]),
            token=str(found["token"]),
            expires_at=msgspec.convert(found["expires_at"], datetime),
            ca_file=str(ca_file or ""),
        )
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise ConsoleRefused(sentence("{address} did not answer as a collector", address=address)) from error


COMMAND = Login()
