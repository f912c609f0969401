"""What the `user` commands share: how an account and its login link are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from collector.auth.model import User
from collector.auth.service import LINK
from collector.settings import Settings
from collector.tickets.view import instant
from terminal import Terminal
from wire.sentence import sentence


def user_view(user: User) -> dict[str, Any]:
    """An account as JSON; never its password."""
    return {
        "name": user.name,
        "language": user.language,
        "has_password": user.password_hash is not None,
        "created_at": instant(user.created_at),
        "disabled_at": instant(user.disabled_at),
    }


def link_address(settings: Settings, secret: str) -> str:
    """What to open in a browser."""
    return f"{settings.console_address.rstrip('/')}/login/{secret}"


def link_view(settings: Settings, secret: str, now: datetime) -> dict[str, Any]:
    """A login link as JSON."""
    return {"login_link": link_address(settings, secret), "login_link_expires_at": instant(now + LINK)}


def say_link(terminal: Terminal, settings: Settings, secret: str) -> None:
    """Print a login link for a person."""
    minutes = int(LINK.total_seconds() // 60)
    terminal.say(sentence("open within {minutes} minutes, it works once:", minutes=minutes))
    terminal.say(sentence("  {address}", address=link_address(settings, secret)))


def say_token(terminal: Terminal, token: str) -> None:
    """Print an API token for a person."""
    terminal.say(sentence("API token, shown only now:"))
    terminal.say(sentence("  {token}", token=token))
