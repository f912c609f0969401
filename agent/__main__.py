"""The command line `sitewarden-agent`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from terminal import Later
from terminal import run as run_program
from wire.sentence import sentence

COMMANDS: Final = tuple(
    Later(name, f"agent.commands.{file}")
    for name, file in (
        ("enrol", "enrol"),
        ("run", "run"),
        ("status", "status"),
        ("check", "check"),
        ("try", "try_"),
        ("executor", "executor"),
        ("place", "place"),
        ("offer", "offer"),
        ("policy init", "rules_init"),
        ("policy show", "rules_show"),
        ("policy check", "rules_check"),
        ("policy approver add", "approver_add"),
        ("policy approver remove", "approver_remove"),
        ("approve", "approve"),
        ("decline", "decline"),
        ("revoke", "revoke"),
        ("audit show", "audit_show"),
        ("audit verify", "audit_verify"),
        ("audit clock", "audit_clock"),
        ("sent", "sent"),
        ("redact", "redact"),
        ("evidence", "evidence"),
        ("bundle", "bundle"),
        ("patch list", "patch_list"),
        ("patch show", "patch_show"),
        ("patch history", "patch_history"),
        ("patch drift", "patch_drift"),
        ("patch rehearse", "patch_rehearse"),
        ("patch apply", "patch_apply"),
        ("patch rollback", "patch_rollback"),
        ("patch offer", "patch_offer"),
        ("patch fetch", "patch_fetch"),
        ("patch recover", "patch_recover"),
        ("patch run", "patch_run"),
        ("patch roots", "patch_roots"),
        ("backup run", "backup_run"),
        ("backup due", "backup_due"),
        ("backup status", "backup_status"),
        ("backup check", "backup_check"),
        ("backup list", "backup_list"),
        ("backup show", "backup_show"),
        ("backup restore", "backup_restore"),
        ("backup database", "backup_database"),
        ("backup moment", "backup_moment"),
        ("backup rescue", "backup_rescue"),
        ("backup correct", "backup_correct"),
        ("backup drill", "backup_drill"),
        ("backup prune", "backup_prune"),
        ("backup keys init", "backup_keys_init"),
        ("backup keys sheet", "backup_keys_sheet"),
        ("backup keys check-sheet", "backup_keys_check_sheet"),
        ("backup keys add-recipient", "backup_keys_add_recipient"),
        ("backup keys rotate", "backup_keys_rotate"),
        ("recover", "recover"),
        ("version", "version"),
    )
)
SUMMARY = sentence("Watches this server and reports faults to the software vendor's maintenance desk.")


def main() -> int:
    """Run one command; gives the exit code."""
    return run_program("sitewarden-agent", SUMMARY, COMMANDS, Path(__file__).with_name("locale"))


if __name__ == "__main__":
    sys.exit(main())
