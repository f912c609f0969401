"""`sitewarden-agent policy approver remove`."""

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
from remediation.trust.policy_file import POLICY_NAME
from remediation.trust.policy_text import without_approver
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class ApproverRemove:
    """Takes one person out of the policy."""

    name = "policy approver remove"
    summary = sentence("Take a person out of the policy; approvals of theirs that wait stop counting at once.")
    examples: Sequence[str] = ("sudo sitewarden-agent policy approver remove Kim",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Who."""
        add_folder_argument(parser, terminal)
        add_json_argument(parser, terminal)
        parser.add_argument("person", metavar="NAME", help=terminal.text(sentence("the person's name in the policy")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Write it, then record it: a record that cannot be written must not keep somebody in."""
        folder = executor_folder(arguments, terminal)
        path = folder / POLICY_NAME
        before = read_policy_text(path)
        edited = without_approver(before, arguments.person)
        if edited is None:
            words = sentence("the policy has no approver {name}", name=shown(arguments.person))
            raise CommandRefused(words, Exit.FAILED)
        write_policy(path, edited.text)
        digests = {"before": policy_digest(before), "after": policy_digest(edited.text)}
        record(folder, POLICY_CHANGED, {"change": "approver_removed", "name": arguments.person, **digests})
        if not edited.keeps_comments:
            terminal.warn(sentence("the policy was written anew; its comments are gone"))
        if arguments.json:
            terminal.json({"name": arguments.person, "keeps_comments": edited.keeps_comments})
        else:
            terminal.say(sentence("{name} may approve nothing any more.", name=shown(arguments.person)))
        return Exit.DONE


COMMAND = ApproverRemove()
