"""From the policy's address of a target to a place of restic, with the credentials that lie in a file beside it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from remediation.backup.engines.restic.places import Folder, Place, RestServer, known_host, s3
from remediation.backup.opening_network import SSH_PORT
from remediation.backup.placing import credential_lines
from remediation.backup.policy_file import TargetRule


def place_of(rule: TargetRule) -> Place:
    """The place; `TargetRefused` when a line of its credentials is missing."""
    kind, _, rest = rule.address.partition("+")
    if rule.address.startswith("/"):
        return Folder(Path(rule.address), rule.own_disk)
    if rule.address.startswith("sftp://"):
        parts = urlsplit(rule.address)
        account = f"{parts.username}@{parts.hostname}" if parts.username else parts.hostname or ""
        login = Path(rule.credentials or "/nonexistent")
        return known_host(account, parts.port or SSH_PORT, parts.path, login, Path(rule.known_hosts))
    if kind == "s3":
        key, secret, region = credential_lines(rule, 3)
        return s3(rest, key, secret, region)
    user, password = credential_lines(rule, 2) if rule.credentials else ("", "")
    return RestServer(rest, user, password, Path(rule.authority) if rule.authority else None)
