"""What restic does not do itself at its targets: say when a snapshot arrived, and remove one lock.

A place is made from what the policy says about the target; its address goes to restic by the environment,
since an address may hold a password.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

import requests

from remediation.backup.errors import TargetUnavailable
from wire.sentence import sentence

TIMEOUT_S: Final = 20.0
_OK, _NOT_FOUND = 200, 404


class Place(Protocol):
    """One target of restic."""

    @property
    def where(self) -> str:
        """For people; holds no secret."""

    @property
    def address(self) -> str:
        """As restic wants it in RESTIC_REPOSITORY; may hold a secret."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Credentials that restic reads from there."""

    @property
    def options(self) -> tuple[str, ...]:
        """Arguments that belong to the place; hold no secret."""

    def must_be_there(self, *, is_new: bool) -> None:
        """`TargetUnavailable` when the place is not attached; `is_new`: before the first use."""

    def arrived_at(self, snapshot: str) -> datetime | None:
        """When a snapshot came, by the receiver's clock; None: the place does not tell."""

    def remove_lock(self, lock: str) -> bool:
        """Remove one lock; False when this place cannot."""


@dataclass(frozen=True)
class Folder:
    """A folder on a disk of this host."""

    path: Path
    is_own_disk: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.path)

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.path)

    def must_be_there(self, *, is_new: bool) -> None:
        """An empty mount point is no target: it would fill the disk it lies on."""
        folder = self.path
        while is_new and not folder.exists():
            folder = folder.parent
        is_detached = is_new and self.is_own_disk and folder.stat().st_dev == Path("/").stat().st_dev
        if is_detached or (not is_new and not (self.path / "config").is_file()):
            raise TargetUnavailable(
                sentence(
                    "{path} is no backup target now; attach the disk, or prepare the target if it is new",
                    path=self.where,
                )
            )

    def arrived_at(self, snapshot: str) -> datetime | None:
        """The change time, which nobody can set."""
        with contextlib.suppress(OSError):
            return datetime.fromtimestamp((self.path / "snapshots" / snapshot).stat().st_ctime, UTC)
        return None

    def remove_lock(self, lock: str) -> bool:
        """Remove its file."""
        with contextlib.suppress(OSError):
            (self.path / "locks" / lock).unlink(missing_ok=True)
            return True
        return False


@dataclass(frozen=True)
class RestServer:
    """restic's rest-server, best with `--append-only`. `url` without credentials; `authority` is a CA file."""

    url: str
    user: str = ""
    password: str = ""
    authority: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The address without credentials."""
        return self.url

    @property
    def address(self) -> str:
        """With credentials."""
        scheme, _, rest = self.url.partition("://")
        account = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"
        return f"rest:{scheme}://{account if self.user else ''}{rest}"

    @property
    def options(self) -> tuple[str, ...]:
        """Whom to trust."""
        return ("--cacert", str(self.authority)) if self.authority else ()

    def must_be_there(self, *, is_new: bool) -> None:
        """A server that is away says so itself."""

    def arrived_at(self, snapshot: str) -> datetime | None:
        """The server's time of the file."""
        answer = self._ask("GET", f"snapshots/{snapshot}")
        stamp = answer.headers.get("Last-Modified") if answer.status_code == _OK else None
        try:
            return parsedate_to_datetime(stamp).astimezone(UTC) if stamp else None
        except ValueError:
            return None

    def remove_lock(self, lock: str) -> bool:
        """Servers that only append still let locks go."""
        return self._ask("DELETE", f"locks/{lock}").status_code in {_OK, _NOT_FOUND}

    def _ask(self, method: str, name: str) -> requests.Response:
        try:
            return requests.request(
                method,
                f"{self.url.rstrip('/')}/{name}",
                auth=(self.user, self.password) if self.user else None,
                verify=str(self.authority) if self.authority else True,
                timeout=TIMEOUT_S,
            )
        except requests.RequestException as error:
            raise TargetUnavailable(
                sentence("{path} does not answer: {why}", path=self.where, why=type(error).__name__)
            ) from error


@dataclass(frozen=True)
class Other:
    """SFTP, S3 and whatever else this restic speaks; `address` as restic wants it, without a password."""

    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The address."""
        return self.address

    def must_be_there(self, *, is_new: bool) -> None:
        """The program says so itself."""

    def arrived_at(self, snapshot: str) -> datetime | None:  # noqa: ARG002  # of the protocol
        """Not told."""
        return None

    def remove_lock(self, lock: str) -> bool:  # noqa: ARG002  # of the protocol
        """Left to restic."""
        return False


def known_host(account: str, port: int, folder: str, key: Path, known_hosts: Path) -> Other:
    """A folder by SFTP as `user@host`, whose host key is pinned in `known_hosts`, and nothing is asked for."""
    ssh = f"ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile={known_hosts} -i {key} -p {port}"
    return Other(f"sftp:{account}:{folder}", options=("-o", f"sftp.command={ssh} {account} -s sftp"))


def s3(url: str, access_key: str, secret_key: str, region: str) -> Other:
    """An S3-compatible bucket, `https://host/bucket/prefix`."""
    environment = {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AWS_DEFAULT_REGION": region,
    }
    return Other(f"s3:{url}", environment)
