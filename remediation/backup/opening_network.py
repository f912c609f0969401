"""From the policy's address of a target by network to a place of the archive, with its credentials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from remediation.backup.errors import TargetRefused
from remediation.backup.placing import credential_lines, read_owned
from remediation.backup.policy_file import TargetRule
from wire.sentence import sentence

if TYPE_CHECKING:  # what these drag in, a run to another kind of target does not pay for
    from remediation.backup.engines.targets.s3 import Bucket
    from remediation.backup.engines.targets.sftp import SftpPlace

SSH_PORT: Final = 22


def sftp_place_of(rule: TargetRule) -> SftpPlace:
    """`sftp://user@host:port/folder`, its host key pinned in `known_hosts`."""
    from remediation.backup.engines.targets.sftp import SftpPlace  # noqa: PLC0415

    parts = urlsplit(rule.address)
    if rule.credentials is None or not parts.username:
        raise TargetRefused(sentence("{address} needs `credentials`, a file", address=rule.address))
    host, port = parts.hostname or "", parts.port or SSH_PORT
    return SftpPlace(host, port, parts.username, parts.path, Path(rule.credentials), pinned_key(rule))


def known_name(address: str) -> str:
    """What the machine of an SFTP target is called in `known_hosts`.

    >>> known_name("sftp://box@nas/backup"), known_name("sftp://box@nas:2222/backup")
    ('nas', '[nas]:2222')
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or SSH_PORT
    return host if port == SSH_PORT else f"[{host}]:{port}"


def pinned_key(rule: TargetRule) -> str:
    """The host key that an SFTP target has to answer with; `TargetRefused` when `known_hosts` holds none."""
    host = known_name(rule.address)
    for line in read_owned(Path(rule.known_hosts)).decode().splitlines():
        names, _, key = line.strip().partition(" ")
        if host in names.split(","):
            return " ".join(key.split()[:2])
    raise TargetRefused(sentence("{path} holds no key of {host}", path=rule.known_hosts, host=host))


def bucket_of(rule: TargetRule) -> Bucket:
    """`s3+https://host/bucket/prefix`."""
    from remediation.backup.engines.targets.s3 import Bucket  # noqa: PLC0415

    parts = urlsplit(rule.address.removeprefix("s3+"))
    bucket, _, prefix = parts.path.strip("/").partition("/")
    key, secret, region = credential_lines(rule, 3)
    return Bucket(f"{parts.scheme}://{parts.netloc}/{bucket}", region, key, secret, prefix, rule.authority or "")
