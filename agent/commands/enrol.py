"""`sitewarden-agent enrol`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from agent.app import connect, new_nonce, now
from agent.commands.loading import add_settings_argument, load_settings
from agent.commands.place import OtherPlace, tell_executor
from agent.durable import make_private_folder
from agent.health.host import read_host
from agent.owner import as_owner
from agent.settings.model import Settings
from agent.uplink.enrol import EnrolRefused, HostFacts, enrol, read_token
from agent.uplink.identity import Identity, IdentityBroken, IdentityFile, read_identity
from agent.uplink.port import Unreachable
from agent.vendor.places import install_vendor_root, packaged_root
from remediation.trust.published import FILE_BYTES
from remediation.trust.vendor import Fault, VendorRefused
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
        """Enrol and say as whom; then the executor is told, if its folder is ours."""
        settings = load_settings(arguments, terminal).settings
        root = arguments.vendor_root or packaged_root()
        if root is not None:
            _trust_vendor(root, settings, terminal, is_named=arguments.vendor_root is not None)
        identity = _enrol(arguments, settings)
        if arguments.json:
            terminal.json({"agent": identity.agent, "site": identity.site, "collector": identity.collector})
        else:
            words = sentence("This server is enrolled as {agent} at {site}.", agent=identity.agent, site=identity.site)
            terminal.say(words)
        _tell_executor(settings, terminal, replace=arguments.force)
        return Exit.DONE


def _trust_vendor(path: Path, settings: Settings, terminal: Terminal, *, is_named: bool) -> None:
    """Before the token is used up: a wrong root ends it here. The package's gives way to one that is here already."""
    try:
        with path.open("rb") as source:
            root = source.read(FILE_BYTES)
        is_whole = install_vendor_root(settings, root)
    except VendorRefused as refused:
        if refused.fault is Fault.ROOT_THERE and not is_named:
            return
        raise CommandRefused(refused.why, Exit.FAILED) from refused
    except OSError as error:
        words = sentence("{path} cannot be used: {problem}", path=error.filename or path, problem=error.strerror)
        raise CommandRefused(words, Exit.FAILED) from error
    if not is_whole:
        folder = settings.executor.folder
        terminal.warn(sentence("the executor's folder {path} is not ours; run this as its owner as well", path=folder))


def _tell_executor(settings: Settings, terminal: Terminal, *, replace: bool) -> None:
    """The enrolment holds whatever becomes of this; what is left to do is said."""
    identity = read_identity(Path(settings.state))
    assert isinstance(identity, Identity)  # noqa: S101  # it has just been written
    try:
        tell_executor(settings, identity, replace=replace)
    except OtherPlace as other:
        known, command = other.known, "sitewarden-agent place --replace"
        words = sentence(
            "the executor goes on to act for {host} at {site}; if that is over, run `{command}`",
            host=known.host,
            site=known.site,
            command=command,
        )
        terminal.warn(words)
    except OSError:
        command, folder = "sitewarden-agent place", settings.executor.folder
        terminal.warn(
            sentence(
                "nothing can be run here before the owner of {path} runs `{command}`", path=folder, command=command
            )
        )


def _enrol(arguments: argparse.Namespace, settings: Settings) -> IdentityFile:
    """Enrol; every reason against it becomes a refused command."""
    state = Path(settings.state)
    host = read_host()
    text = sys.stdin.readline() if arguments.token == "-" else arguments.token  # noqa: S105  # the sign for standard input
    try:
        token = read_token(text)
        with as_owner(state), closing(connect(settings)) as transport:
            make_private_folder(state)
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
