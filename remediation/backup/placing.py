"""The policy file on this host: only root, or who runs the backup, may have written it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from remediation.backup.errors import TargetRefused
from remediation.backup.policy_file import BackupPolicy, TargetRule, read_backup_policy
from wire.sentence import sentence


def read_owned(path: Path) -> bytes:
    """The content of a file that nobody but root and this account can have written; `TargetRefused` otherwise."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise TargetRefused(sentence("{path} cannot be read: {problem}", path=path, problem=error.strerror)) from error
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if found.st_uid not in {0, os.geteuid()}:
            raise TargetRefused(sentence("{path} belongs to somebody else; root has to own it", path=path))
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise TargetRefused(sentence("{path} may be changed by others than its owner; chmod go-w", path=path))
        return file.read()


def load_backup_policy(path: Path) -> BackupPolicy:
    """The policy of this host; `TargetRefused` for a file that is not safe, `TextRefused` for what is wrong in it."""
    return read_backup_policy(read_owned(path))


def credential_lines(rule: TargetRule, count: int) -> list[str]:
    """So many lines of the file that holds what the target asks for."""
    if rule.credentials is None:
        raise TargetRefused(sentence("{address} needs `credentials`, a file", address=rule.address))
    found = read_owned(Path(rule.credentials)).decode().split("\n")
    lines = [line.strip() for line in found if line.strip()]
    if len(lines) != count:
        raise TargetRefused(sentence("{path} has to hold {count} lines", path=rule.credentials, count=count))
    return lines
