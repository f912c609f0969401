"""`sitewarden-agent policy approver add`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.commands.maintained import (
    POLICY_CHANGED,
    add_folder_argument,
    add_json_argument,
    executor_folder,
    policy_digest,
    read_policy_text,
    record,
    shown,
    write_policy,
)
from remediation.trust.key_file import KeyFileRefused, read_public_key, short_name
from remediation.trust.policy_file import POLICY_NAME, Approver, Passkey
from remediation.trust.policy_text import with_approver
from terminal import CommandRefused, Exit, Terminal
from wire.keys import load_public, public_text
from wire.sentence import sentence


class ApproverAdd:
    """Adds one person to the policy."""

    name = "policy approver add"
    summary = sentence("Let one more person approve, with public keys or a passkey.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent policy approver add Kim --key kim.key.pub",
        "sudo sitewarden-agent policy approver add Lee --key lee.key.pub --action 'shop/*' --risk low --risk high",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Who, with which keys, for what."""
        say = terminal.text
        add_folder_argument(parser, terminal)
        add_json_argument(parser, terminal)
        parser.add_argument("person", metavar="NAME", help=say(sentence("the person's name, as approvals give it")))
        words = sentence("a public key: a .pub file or its text; may be repeated")
        parser.add_argument("--key", metavar="KEY", action="append", default=[], help=say(words))
        words = sentence("what the person may approve: *, PRODUCT/* or PRODUCT/ACTION; may be repeated (default: *)")
        parser.add_argument("--action", metavar="ACTION", action="append", help=say(words))
        words = sentence("a risk that the person may approve; may be repeated (default: low and medium)")
        parser.add_argument("--risk", choices=("low", "medium", "high"), action="append", help=say(words))
        words = sentence("a passkey: its credential id, its COSE key (both base64), its relying party and its origin")
        places = ("ID", "COSE_KEY", "RELYING_PARTY", "ORIGIN")
        parser.add_argument("--passkey", nargs=4, metavar=places, action="append", default=[], help=say(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Record it, then write it: what cannot be recorded does not come to hold."""
        folder = executor_folder(arguments, terminal)
        path = folder / POLICY_NAME
        before = read_policy_text(path)
        person = _person(arguments)
        edited = with_approver(before, person)
        digests = {"before": policy_digest(before), "after": policy_digest(edited.text)}
        record(folder, POLICY_CHANGED, {"change": "approver_added", "name": person.name, **digests})
        write_policy(path, edited.text)
        if not edited.keeps_comments:
            terminal.warn(sentence("the policy was written anew; its comments are gone"))
        keys = [short_name(load_public(key)) for key in person.keys]
        if arguments.json:
            terminal.json({"name": person.name, "keys": keys, "keeps_comments": edited.keeps_comments})
            return Exit.DONE
        terminal.say(sentence("{name} may approve from now on.", name=shown(person.name)))
        for key in keys:
            terminal.say(
                sentence("  key {key}: compare it with what {name} reads out", key=key, name=shown(person.name))
            )
        return Exit.DONE


def _person(arguments: argparse.Namespace) -> Approver:
    try:
        keys = [public_text(read_public_key(text)) for text in arguments.key]
    except KeyFileRefused as refused:
        raise CommandRefused(refused.why) from refused
    passkeys = [
        Passkey(credential_id=name, public_key=key, relying_party=party, origin=origin)
        for name, key, party, origin in arguments.passkey
    ]
    actions, risks = arguments.action or ["*"], arguments.risk or ["low", "medium"]
    return Approver(name=arguments.person, keys=keys, passkeys=passkeys, actions=actions, risks=risks)


COMMAND = ApproverAdd()
