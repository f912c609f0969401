"""`sitewarden-agent enrol`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.app import connect, new_nonce, now
from agent.commands.loading import add_settings_argument, load_settings
from agent.durable import make_private_folder
from agent.health.host import read_host
from agent.settings.model import Settings
from agent.uplink.enrol import EnrolRefused, HostFacts, enrol, read_token
from agent.uplink.identity import IdentityBroken, IdentityFile
from agent.uplink.port import Unreachable
from agent.vendor.places import install_vendor_root
from remediation.trust.published import FILE_BYTES
from remediation.trust.vendor import VendorRefused
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class Enrol:
    """Makes this host known to the collector."""

    name = "enrol"
    summary = sentence("Make this server known to the collector, with the token that the vendor gave you.")
    examples: Sequence[str] = (
        "sitewarden-agent enrol sw1.0123...",
        "sitewarden-agent enrol --settings ./agent.yaml - < token.txt",
        "sitewarden-agent enrol --vendor-root /media/stick/1.root.json sw1.0123...",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """The token, and whether an identity may be replaced."""
        add_settings_argument(parser, terminal)
        words = sentence("replace the identity that this server has")
        parser.add_argument("--force", action="store_true", help=terminal.text(words))
        words = sentence("the vendor's root, as the vendor gave it to you by another way than the collector")
        parser.add_argument("--vendor-root", type=Path, metavar="FILE", help=terminal.text(words))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))
        words = sentence("the enrolment token; - reads it from standard input, so that it is in no process list")
        parser.add_argument("token", metavar="TOKEN", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Enrol and say as whom."""
        loaded = load_settings(arguments, terminal)
        if arguments.vendor_root is not None:
            _trust_vendor(arguments.vendor_root, loaded.settings, terminal)
        identity = _enrol(arguments, loaded.settings)
        if arguments.json:
            terminal.json({"agent": identity.agent, "site": identity.site, "collector": identity.collector})
        else:
            words = sentence("This server is enrolled as {agent} at {site}.", agent=identity.agent, site=identity.site)
            terminal.say(words)
        return Exit.DONE


def _trust_vendor(path: Path, settings: Settings, terminal: Terminal) -> None:
    """Before the token is used up: a wrong root ends it here."""
    try:
        with path.open("rb") as source:
            root = source.read(FILE_BYTES)
        make_private_folder(Path(settings.state))
        is_whole = install_vendor_root(settings, root)
    except VendorRefused as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused
    except OSError as error:
        words = sentence("{path} cannot be used: {problem}", path=error.filename or path, problem=error.strerror)
        raise CommandRefused(words, Exit.FAILED) from error
    if not is_whole:
        folder = settings.executor.folder
        terminal.warn(sentence("the executor's folder {path} is not ours; run this as its owner as well", path=folder))


def _enrol(arguments: argparse.Namespace, settings: Settings) -> IdentityFile:
    """Enrol; every reason against it becomes a refused command."""
    state = Path(settings.state)
    host = read_host()
    text = sys.stdin.readline() if arguments.token == "-" else arguments.token  # noqa: S105  # the sign for standard input
    try:
        token = read_token(text)
        make_private_folder(state)
        transport = connect(settings)
        return enrol(
            token,
            state=state,
            collector=settings.collector,
            transport=transport,
            facts=HostFacts(host.hostname, host.os),
            now=now,
            nonce=new_nonce,
            force=arguments.force,
        )
    except EnrolRefused as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused
    except Unreachable as failure:
        raise CommandRefused(failure.why, Exit.FAILED) from failure
    except IdentityBroken as broken:
        words = sentence("the identity cannot be used: {problem}; enrol again with --force", problem=str(broken))
        raise CommandRefused(words, Exit.FAILED) from broken
    except OSError as error:
        words = sentence("{path} cannot be written: {problem}", path=error.filename or state, problem=error.strerror)
        raise CommandRefused(words, Exit.FAILED) from error


COMMAND = Enrol()
