"""Builds a backup process from its parts; the only file here that reads the clock or makes randomness.

Such a process is short-lived: it reads the policy, does what it was asked for or what is due, and ends.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from datetime import UTC, datetime

from remediation.backup.declarations import with_declarations
from remediation.backup.engines.lease import owner_of
from remediation.backup.keeping import SiteBackup
from remediation.backup.opening import Tools
from remediation.backup.policy_file import BackupPolicy
from remediation.backup.proofs import Signer
from remediation.backup.running import Means


def now() -> datetime:
    """The wall clock, UTC."""
    return datetime.now(UTC)


def tools() -> Tools:
    """The real clock and real randomness."""
    chance = random.Random(secrets.token_bytes(16))  # noqa: S311  # chooses samples, no secret
    means = Means(now=now, monotonic=time.monotonic, chance=chance, new_id=lambda: secrets.token_hex(16))
    return Tools(means, time.sleep, secrets.token_bytes)


def open_site(policy: BackupPolicy, signer: Signer | None) -> SiteBackup:
    """The backup of this site. `TargetRefused` when its journal cannot be used."""
    os.umask(0o022)  # what is private says so itself; proofs are for the agent to read
    if policy.limits.nice:
        os.nice(max(0, policy.limits.nice - os.getpriority(os.PRIO_PROCESS, 0)))
    return SiteBackup(
        policy,
        tools(),
        owner_of(os.getpid()),
        signer=signer,
        declare=lambda policy: with_declarations(policy, now()),
    )
