"""Refusals of accounts and log-ins, named for what the caller shows."""

from __future__ import annotations

from collector.errors import CollectorError


class AccountRefused(CollectorError):
    """An account cannot be made or changed so; `why` says it to the person."""


class LoginRefused(Exception):
    """Name and password do not open anything. Deliberately without a reason: no oracle of names."""


class LoginThrottled(Exception):
    """Too many failures; nothing was looked at. `wait_s` says for how long."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"wait {wait_s} s")
        self.wait_s = wait_s
