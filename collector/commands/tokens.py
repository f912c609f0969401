"""Making and printing enrolment tokens, for the commands that give one out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from collector.fleet.model import TokenRow
from collector.fleet.service import make_token
from collector.parts import Parts
from terminal import Terminal
from wire.enrolment import Token
from wire.keys import key_digest, public_bytes
from wire.sentence import sentence


def issuing(parts: Parts) -> Callable[[str], tuple[TokenRow, Token]]:
    """A function that makes a token for a site."""

    def issue(site_id: str) -> tuple[TokenRow, Token]:
        return make_token(
            site_id,
            new_secret=parts.new_secret,
            receipt_digest=key_digest(public_bytes(parts.receipt_key)),
            now=parts.now(),
            valid_s=parts.settings.token_valid_s,
        )

    return issue


def print_token(parts: Parts, site_id: str, token: Token, terminal: Terminal, *, as_json: bool) -> None:
    """Show a token; it is stored hashed and cannot be shown again."""
    expires_at = (parts.now() + timedelta(seconds=parts.settings.token_valid_s)).isoformat(timespec="seconds")
    if as_json:
        terminal.json({"site": site_id, "token": str(token), "expires_at": expires_at})
        return
    terminal.say(sentence("enrolment token of {site}, for one server, until {time}:", site=site_id, time=expires_at))
    terminal.say(sentence("{token}", token=str(token)))
