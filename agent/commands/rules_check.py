"""`sitewarden-agent policy check`."""

from __future__ import annotations

import argparse
import stat
from collections.abc import Sequence

from agent.commands.maintained import (
    add_folder_argument,
    add_json_argument,
    checked_policy,
    executor_folder,
    file_refusals,
    this_place,
)
from remediation.trust.policy import unreachable_risks
from remediation.trust.policy_file import POLICY_NAME
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import Sentence, sentence


class PolicyCheck:
    """Reads the policy as the executor does, and warns of what is likely not meant."""

    name = "policy check"
    summary = sentence("Check the local policy: every fault with its line, and what is probably not meant.")
    examples: Sequence[str] = ("sudo sitewarden-agent policy check",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Where."""
        add_folder_argument(parser, terminal)
        add_json_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Faults end with 2; a policy of another site or that others may change with 1; warnings with 0."""
        folder = executor_folder(arguments, terminal)
        path, place = folder / POLICY_NAME, this_place(folder)
        policy = checked_policy(path, terminal)
        with file_refusals(path):
            is_open = bool(path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))
        if is_open:
            words = sentence("{path} may be changed by others than its owner, so it counts for nothing", path=path)
            raise CommandRefused(words, Exit.FAILED)
        if place is not None and place.site != policy.site:
            words = sentence(
                "the policy is for {site}, but this server is at {place}", site=policy.site, place=place.site
            )
            raise CommandRefused(words, Exit.FAILED)
        warnings: list[Sentence] = [
            sentence("fewer people may approve {risk} risk than are needed, so nobody can", risk=risk)
            for risk in unreachable_risks(policy)
        ]
        if policy.passkey_may_approve_actions:
            warnings.append(sentence("passkeys may approve actions, which trusts the page that asks for them"))
        if arguments.json:
            terminal.json({"approvers": len(policy.approvers), "warnings": [str(words) for words in warnings]})
            return Exit.DONE
        for words in warnings:
            terminal.warn(sentence("warning: {problem}", problem=words))
        terminal.say(
            sentence("{path} can be used; {count} people may approve.", path=path, count=len(policy.approvers))
        )
        return Exit.DONE


COMMAND = PolicyCheck()
