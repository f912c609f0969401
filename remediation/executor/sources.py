"""What decisions are based on, read from the executor's own folder each time, and the folder's layout.

    place.json     which host this is                     written at enrolment
    policy.yaml    the customer's local policy            written by the customer's administrator
    vendor/        the vendor's verified metadata         first root by the package or the administrator
    ledger.sqlite  what was used, revoked, declined
    audit/         the chain and its heads

The agent may fill a folder of its own with a newer copy of the vendor's repository. It is read as a
stranger's: nothing in it counts before the vendor's signatures hold.
"""

from __future__ import annotations

import contextlib
import os
import stat
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from remediation.executor.place import PlaceFile, read_place
from remediation.executor.requests import Missing
from remediation.trust.decision import Vendor
from remediation.trust.policy_file import POLICY_NAME, Policy, read_policy
from remediation.trust.vendor import VendorRefused
from wire.errors import TextRefused
from wire.sentence import Sentence

VENDOR: Final = "vendor"
AUDIT: Final = "audit"
SOCKET_NAME: Final = "executor.sock"
POLICY_BYTES: Final = 1_000_000


class Repository(Protocol):
    """The vendor's repository as it is needed here (remediation.trust.vendor)."""

    is_bundle_accepted: bool

    def refresh(self, now: datetime) -> None:
        """Take in what is newer."""

    def load(self, now: datetime) -> Vendor:
        """What is verified and stored."""

    def warnings(self, now: datetime) -> list[Sentence]:
        """What expires soon."""


class FolderSources:
    """The executor's own folder."""

    def __init__(self, folder: Path, repository: Repository) -> None:
        self._folder = folder
        self._repository = repository

    def place(self) -> PlaceFile:
        """Which host this is."""
        return read_place(self._folder)

    def policy(self) -> Policy:
        """The local policy, if nobody but its owner may write it."""
        path = self._folder / POLICY_NAME
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    raise Missing(f"the local policy {path} may be changed by others than its owner")
                return read_policy(file.read(POLICY_BYTES))
        except FileNotFoundError as error:
            raise Missing("there is no local policy, so nobody may approve anything") from error
        except OSError as error:
            raise Missing(f"the local policy cannot be read: {error.strerror}") from error
        except TextRefused as error:
            raise Missing(f"the local policy is wrong: {error}") from error

    def vendor(self, now: datetime) -> Vendor:
        """The vendor's verified metadata, refreshed first if what is newer can be had."""
        self._repository.is_bundle_accepted = self.is_without_network()
        with contextlib.suppress(VendorRefused):  # what is stored and verified goes on to hold until it expires
            self._repository.refresh(now)
        try:
            return self._repository.load(now)
        except VendorRefused as error:
            raise Missing(str(error)) from error

    def is_without_network(self) -> bool:
        """Whether the local policy lets a stick's word hold a year."""
        try:
            return self.policy().without_network
        except Missing:
            return False

    def warnings(self, now: datetime) -> list[Sentence]:
        """What expires soon."""
        try:
            return self._repository.warnings(now)
        except VendorRefused:
            return []
