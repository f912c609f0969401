"""The command line `sitewarden-agent`."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.commands import (
    approve,
    approver_add,
    approver_remove,
    audit_clock,
    audit_show,
    audit_verify,
    check,
    decline,
    enrol,
    evidence,
    executor,
    offer,
    place,
    redact,
    revoke,
    rules_check,
    rules_init,
    rules_show,
    run,
    sent,
    status,
    try_,
    version,
)
from terminal import Command
from terminal import run as run_program
from wire.sentence import sentence

COMMANDS: list[Command] = [
    enrol.COMMAND,
    run.COMMAND,
    status.COMMAND,
    check.COMMAND,
    try_.COMMAND,
    executor.COMMAND,
    place.COMMAND,
    offer.COMMAND,
    rules_init.COMMAND,
    rules_show.COMMAND,
    rules_check.COMMAND,
    approver_add.COMMAND,
    approver_remove.COMMAND,
    approve.COMMAND,
    decline.COMMAND,
    revoke.COMMAND,
    audit_show.COMMAND,
    audit_verify.COMMAND,
    audit_clock.COMMAND,
    sent.COMMAND,
    redact.COMMAND,
    evidence.COMMAND,
    version.COMMAND,
]
SUMMARY = sentence("Watches this server and reports faults to the software vendor's maintenance desk.")


def main() -> int:
    """Run one command; gives the exit code."""
    return run_program("sitewarden-agent", SUMMARY, COMMANDS, Path(__file__).with_name("locale"))


if __name__ == "__main__":
    sys.exit(main())
