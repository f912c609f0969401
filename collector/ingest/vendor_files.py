"""The vendor's published repository, read-only, for agents.

The collector relays it and is believed in nothing: hosts verify every byte. Names have one strict
form; anything else is not looked for, and no name from outside ever becomes a path of its own.
Nobody has to say who he is, as what is published says nothing about a customer.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from collector.ingest.answers import Answer, Refused
from remediation.trust.published import FILE_BYTES, folder_fetcher, is_published_name

PREFIX = "/v1/vendor/"
FOLDER = "vendor"  # in the state folder
CONTENT_TYPE = "application/octet-stream"


class VendorFiles:
    """One folder in the published layout; it may be missing, and it may be replaced while we serve."""

    def __init__(self, folder: Path) -> None:
        self._fetch = folder_fetcher(folder)

    async def answer(self, path: str) -> Answer:
        """The file that `path` names, a refusal otherwise."""
        name = path.removeprefix(PREFIX)
        if not is_published_name(name):
            raise Refused(404, "not_found", "there is nothing here")
        try:
            body = await asyncio.to_thread(self._fetch, name, FILE_BYTES)
        except FileNotFoundError as error:
            raise Refused(404, "not_found", "the vendor has published nothing of this name") from error
        except OSError as error:
            raise Refused(503, "unavailable", "the file cannot be read now", retry=True) from error
        return Answer(200, CONTENT_TYPE, body)
