"""What approving and declining begin with: read the request, show it, ask, open the key, find the approver's name."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.commands.handing import waiting_request
from agent.commands.loading import load_settings
from agent.commands.maintained import (
    add_folder_argument,
    add_json_argument,
    executor_folder_if_any,
    say_all,
    this_vendor,
)
from agent.commands.person import add_key_arguments, demand_yes, opened_key
from agent.commands.rehearsals import newest_rehearsal, rehearsal_words
from agent.commands.requests import Asked, read_request, words_of
from agent.settings.model import Settings
from remediation.trust.policy import file_keys
from remediation.trust.policy_file import POLICY_NAME, has_hidden_characters, read_policy
from terminal import CommandRefused, Terminal
from wire.errors import TextRefused
from wire.keys import Ed25519PrivateKey, key_id, public_bytes
from wire.sentence import Sentence, sentence

_DIGEST: Final = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True)
class Answer:
    """A request that a person has seen and said something to, and with what they sign. `key` is not kept."""

    asked: Asked
    key: Ed25519PrivateKey
    name: str
    folder: Path | None
    settings: Settings | None


def add_answer_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare the request, the key, the name and where the answer goes."""
    say = terminal.text
    add_folder_argument(parser, terminal)
    add_json_argument(parser, terminal)
    words = sentence("the request: a file, or the beginning of the digest of one that waits on this server")
    parser.add_argument("request", metavar="REQUEST", help=say(words))
    add_key_arguments(parser, terminal)
    words = sentence("your name in the policy (default: the one that the policy has for your key)")
    parser.add_argument("--as", dest="person", metavar="NAME", help=say(words))
    words = sentence("write the signed answer there, to carry it to the server")
    parser.add_argument("--out", type=Path, metavar="FILE", help=say(words))


def prepared(arguments: argparse.Namespace, terminal: Terminal, *, question: Sentence) -> Answer:
    """Show the request and ask; a no, or a request that is refused, ends the command before the key is opened."""
    folder = executor_folder_if_any(arguments, terminal)
    settings = load_settings(arguments, terminal).settings if arguments.settings.exists() else None
    asked = read_request(_path(arguments.request, settings), this_vendor(folder))
    if not arguments.json:
        say_all([*words_of(asked, terminal), *_rehearsed(asked, settings)], terminal)
    if arguments.passphrase_stdin and not arguments.yes:
        raise CommandRefused(sentence("standard input holds the passphrase: say yes with --yes"))
    demand_yes(question, arguments, terminal)
    key = opened_key(arguments, terminal)
    return Answer(asked, key, _name(arguments.person, key, folder), folder, settings)


def _rehearsed(asked: Asked, settings: Settings | None) -> list[Sentence]:
    """Of a patch: whether it was tried here before. Somewhere else nobody knows."""
    digest = asked.request.parameters.get("digest", "")
    if settings is None or asked.action is None or asked.action.patch is None:
        return []
    return [rehearsal_words(newest_rehearsal(settings, digest))]


def _path(text: str, settings: Settings | None) -> Path:
    if settings is not None and not Path(text).exists() and _DIGEST.fullmatch(text):
        return waiting_request(settings, text)
    return Path(text)


def _name(given: str | None, key: Ed25519PrivateKey, folder: Path | None) -> str:
    """The person's name: as given, else from the policy of this host."""
    if given is not None:
        if not given or has_hidden_characters(given):
            raise CommandRefused(sentence("a name holds characters that cannot be seen"))
        return given
    try:
        policy = read_policy((folder / POLICY_NAME).read_bytes()) if folder else None
    except (OSError, TextRefused):
        policy = None
    found = file_keys(policy).get(key_id(public_bytes(key))) if policy else None
    if found is None:
        raise CommandRefused(sentence("the policy that can be read here has no such key: name yourself with --as NAME"))
    return found[0].name
