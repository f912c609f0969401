"""The session's cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from collector.auth.service import SESSION
from collector.settings import Settings

THEME_AGE = timedelta(days=400)  # what browsers keep at most


@dataclass(frozen=True)
class Cookies:
    """`__Host-` over TLS: such a cookie cannot be set by a neighbouring name or without TLS."""

    secure: bool

    @property
    def name(self) -> str:
        """The session cookie's name."""
        return "__Host-sitewarden" if self.secure else "sitewarden"

    def opened(self, response: Response, secret: str) -> Response:
        """The response with a new session."""
        response.set_cookie(
            self.name, secret, max_age=int(SESSION.total_seconds()), path="/", secure=self.secure, httponly=True,
            samesite="lax",
        )  # fmt: skip
        return response

    def closed(self, response: Response) -> Response:
        """The response that ends the session in the browser too."""
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="lax")
        return response

    def remember(self, response: Response, name: str, value: str) -> Response:
        """The response with a preference of this browser."""
        response.set_cookie(
            name, value, max_age=int(THEME_AGE.total_seconds()), path="/", secure=self.secure, httponly=True,
            samesite="lax",
        )  # fmt: skip
        return response


def is_secure(settings: Settings) -> bool:
    """Whether browsers reach the console over TLS, from us or from a proxy in front."""
    return settings.console.certificate is not None or settings.console_address.startswith("https://")
