"""Changing the policy's text without losing the administrator's comments, pure.

An approver is added as a block behind the last one, and removed with exactly the lines that it
stands on. The result is read again: if it does not say exactly what was meant (a list in braces, an
unusual layout), the whole file is written anew from its values, and the caller is told that the
comments are gone. Either way the values are those that were meant, or nothing is given back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import yaml
from msgspec.structs import replace

from remediation.trust.policy_file import Approver, Policy, read_placed_policy, read_policy
from wire.errors import TextRefused
from wire.yaml_text import Marks

TEMPLATE: Final = """\
# Who may have the software vendor do something on this server, and when.
# Only this file decides it; nothing that comes over the network changes it. Keep it owned by root.
# After a change: sitewarden-agent policy check
version: 1
site: {site}

# When a day begins, for what is counted by day.
zone: {zone}

# How many different persons have to approve, by risk.
needed:
  low: 1
  medium: 1
  high: 2

# A passkey proves that its owner was there, not what the page showed: the page comes from the vendor.
# With true, who steals the vendor's server can show one action and have another approved and run.
passkey_may_approve_actions: false

# Windows, for only_in here and below: nothing runs outside the windows that only_in names.
# windows:
# - name: night
#   days: [mon, tue, wed, thu, fri]
#   from: 22:00
#   to: 04:00
#   zone: {zone}
# only_in: [night]

# What runs without asking anybody: one action, with exactly these parameters, so often a day.
# in_advance:
# - product: shop
#   action: restart-service
#   parameters: {{service: shop-web}}
#   per_day: 2

# One entry for each person: sitewarden-agent policy approver add NAME --key FILE
approvers: []
"""

_EMPTY: Final = re.compile(r"^approvers:[ \t]*\[[ \t]*\][ \t]*(#.*)?$", re.MULTILINE)
_HEAD: Final = re.compile(r"^approvers:[ \t]*(#.*)?$", re.MULTILINE)
_REMARK: Final = re.compile(r"\s*(#.*)?")


@dataclass(frozen=True)
class Edited:
    """The new text, and whether the comments of the old one are in it."""

    text: str
    keeps_comments: bool


def new_policy(site: str, zone: str) -> str:
    """The text of a first policy, which allows nothing. `TextRefused` for a site or zone that cannot be."""
    text = TEMPLATE.format(site=_scalar(site), zone=_scalar(zone))
    read_policy(text)
    return text


def with_approver(text: str, approver: Approver) -> Edited:
    """The policy with one more person; `TextRefused` if it would not be a usable policy any more."""
    policy, marks = read_placed_policy(text)
    wanted = replace(policy, approvers=[*policy.approvers, approver])
    block = _dump([msgspec.to_builtins(approver)])
    if policy.approvers:
        lines = text.splitlines(keepends=True)
        _, end = _span(lines, marks, len(policy.approvers) - 1)
        column = marks["$.approvers[0]"][1] - 3  # the dash stands two before the entry
        indented = "".join(" " * max(column, 0) + line for line in block.splitlines(keepends=True))
        before = "".join(lines[:end])
        edited = before + ("" if before.endswith("\n") else "\n") + indented + "".join(lines[end:])
    else:
        edited = _EMPTY.sub(lambda _: f"approvers:\n{block.rstrip()}", text, count=1)
    return _checked(edited, wanted)


def without_approver(text: str, name: str) -> Edited | None:
    """The policy without the person of that name; None if there is none."""
    policy, marks = read_placed_policy(text)
    at = next((at for at, approver in enumerate(policy.approvers) if approver.name == name), None)
    if at is None:
        return None
    wanted = replace(policy, approvers=[approver for approver in policy.approvers if approver.name != name])
    lines = text.splitlines(keepends=True)
    start, end = _span(lines, marks, at)
    edited = "".join(lines[:start] + lines[end:])
    if not wanted.approvers:
        edited = _HEAD.sub("approvers: []", edited, count=1)
    return _checked(edited, wanted)


def _span(lines: list[str], marks: Marks, at: int) -> tuple[int, int]:
    """The lines of entry `at`, from 0, the end excluded; comments before what follows belong to that."""
    path = f"$.approvers[{at}]"
    start = marks[path][0] - 1
    later = [line - 1 for name, (line, _) in marks.items() if line - 1 > start and not _is_within(name, path)]
    end = min(later, default=len(lines))
    while end > start + 1 and _REMARK.fullmatch(lines[end - 1].rstrip("\n")):
        end -= 1
    return start, end


def _is_within(name: str, path: str) -> bool:
    return name == path or name.startswith((f"{path}.", f"{path}["))


def _checked(edited: str, wanted: Policy) -> Edited:
    """`edited` if it says what is wanted, else the file written anew; `TextRefused` if even that is no policy."""
    try:
        if read_policy(edited) == wanted:
            return Edited(edited, keeps_comments=True)
    except TextRefused:
        pass  # the whole file says below what is wrong, if anything is
    whole = _dump(msgspec.to_builtins(wanted))
    if read_policy(whole) != wanted:
        raise AssertionError("a policy that was written cannot be read")
    return Edited(whole, keeps_comments=False)


def _dump(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1_000))


def _scalar(text: str) -> str:
    """One value, quoted where YAML needs it."""
    return _dump([text])[1:].rstrip().removesuffix("]").strip()
