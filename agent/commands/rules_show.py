"""`sitewarden-agent policy show`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import msgspec

from agent.commands.maintained import (
    add_folder_argument,
    add_json_argument,
    checked_policy,
    executor_folder,
    say_all,
    shown,
)
from remediation.trust.key_file import short_name
from remediation.trust.policy_file import POLICY_NAME, Approver, Policy
from terminal import Exit, Terminal
from wire.keys import load_public
from wire.sentence import Sentence, sentence


class PolicyShow:
    """Says the policy in words."""

    name = "policy show"
    summary = sentence("Show who may approve what on this server, how many are needed, and when it may run.")
    examples: Sequence[str] = ("sudo sitewarden-agent policy show", "sudo sitewarden-agent policy show --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Where."""
        add_folder_argument(parser, terminal)
        add_json_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        policy = checked_policy(executor_folder(arguments, terminal) / POLICY_NAME, terminal)
        if arguments.json:
            terminal.json(msgspec.to_builtins(policy))
        else:
            say_all(_lines(policy), terminal)
        return Exit.DONE


def _lines(policy: Policy) -> list[Sentence]:
    needed = policy.needed
    return [
        sentence("site: {site}, day by the clock of {zone}", site=shown(policy.site), zone=policy.zone),
        *(line for approver in policy.approvers for line in _person(approver)),
        *([] if policy.approvers else [sentence("approvers: none; nothing can be approved")]),
        sentence(
            "needed: {low} for low risk, {medium} for medium, {high} for high",
            low=needed.low,
            medium=needed.medium,
            high=needed.high,
        ),
        sentence("passkeys: may approve actions, which trusts the page that asks for them")
        if policy.passkey_may_approve_actions
        else sentence("passkeys: may not approve actions"),
        *_windows(policy),
        *_in_advance(policy),
    ]


def _person(approver: Approver) -> list[Sentence]:
    keys = [short_name(load_public(key)) for key in approver.keys]
    return [
        sentence(
            "approver: {name}, for {actions}, risks {risks}",
            name=shown(approver.name),
            actions=", ".join(map(shown, approver.actions)) or "-",
            risks=", ".join(approver.risks) or "-",
        ),
        *(sentence("  key: {key}", key=key) for key in keys),
        *(sentence("  passkey: at {origin}", origin=shown(passkey.origin)) for passkey in approver.passkeys),
    ]


def _windows(policy: Policy) -> list[Sentence]:
    windows = [
        sentence(
            "window {name}: {days}, {start} to {end}, {zone}",
            name=shown(window.name),
            days=", ".join(window.days),
            start=window.start,
            end=window.end,
            zone=window.zone,
        )
        for window in policy.windows
    ]
    only = sentence("runs only in: {windows}", windows=", ".join(map(shown, policy.only_in)))
    return [*windows, only if policy.only_in else sentence("runs at any time that was approved")]


def _in_advance(policy: Policy) -> list[Sentence]:
    return [
        sentence(
            "approved in advance: {product}/{action} with {values}, {count} times a day",
            product=shown(rule.product),
            action=rule.action,
            values=", ".join(f"{name}={shown(value)}" for name, value in sorted(rule.parameters.items())) or "-",
            count=rule.per_day,
        )
        for rule in policy.in_advance
    ] or [sentence("approved in advance: nothing")]


COMMAND = PolicyShow()
