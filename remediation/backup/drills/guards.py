"""Where a drill may restore: into an empty folder that has nothing to do with what is in use."""

from __future__ import annotations

from pathlib import Path

from remediation.backup.errors import RestoreRefused
from remediation.backup.policy_file import BackupPolicy, is_below
from remediation.backup.restoring import demand_empty
from wire.sentence import sentence


def demand_apart(folder: Path, policy: BackupPolicy) -> None:
    """`RestoreRefused` for a folder that holds something, lies in a saved tree or holds one, links followed."""
    demand_empty(folder)
    real = str(folder.resolve())
    live = [*policy.what.trees, *policy.what.bounds.roots]
    live += [rule.path for rule in policy.what.databases if rule.path is not None]
    live += [rule.socket for rule in policy.what.databases if rule.socket.startswith("/")]
    for path in live:
        used = str(Path(path).resolve())
        if is_below(real, used) or is_below(used, real):
            raise RestoreRefused(
                sentence("{folder} is not apart from {path}, which is in use", folder=folder, path=path)
            )
