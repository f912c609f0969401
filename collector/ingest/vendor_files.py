"""The vendor's published repository, read-only, for agents of this collector.

The collector relays it and is believed in nothing: hosts verify every byte. Names have one strict
form; anything else is not looked for, and no name from outside ever becomes a path of its own. What
is published names the vendor's engineers and products, so each question is signed as a batch is: an
agent that was revoked gets nothing any more, and a stranger not even whether a file is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from collector.fleet.registry import Registry
from collector.ingest.answers import Answer, Refused
from collector.ingest.payloads import Payloads
from collector.ingest.proving import check_not_revoked, claimant, prove
from collector.parts import Parts
from remediation.patch.pieces import read_piece
from remediation.trust.published import FILE_BYTES, folder_fetcher, is_published_name
from wire.enrolment import vendor_tag
from wire.signatures import SEQUENCE_HEADER, Message

PREFIX = "/v1/vendor/"
FOLDER = "vendor"  # in the state folder
CONTENT_TYPE = "application/octet-stream"


class VendorFiles:
    """One folder in the published layout; it may be missing, and it may be replaced while we serve."""

    def __init__(
        self,
        folder: Path,
        registry: Registry,
        receipt_key_id: str,
        now: Callable[[], datetime],
        payloads: Payloads,
    ) -> None:
        self._fetch = folder_fetcher(folder)
        self._registry = registry
        self._tag = vendor_tag(receipt_key_id)
        self._now = now
        self._payloads = payloads

    async def answer(self, path: str, query: str, fields: Mapping[str, str]) -> Answer:
        """The file that `path` names, a refusal otherwise."""
        claim, agent = claimant(self._registry, fields)
        sequence, kind = fields.get(SEQUENCE_HEADER, ""), fields.get("content-type", "")
        question = Message(kind, b"", sequence, method="GET", path=path, query=query)
        prove(claim, agent, question, digest=fields.get("content-digest", ""), tag=self._tag, now=self._now())
        check_not_revoked(agent)
        name = path.removeprefix(PREFIX)
        piece = read_piece(name, query)
        if piece is not None:
            return Answer(200, CONTENT_TYPE, await self._payloads.answer(agent.site_id, piece))
        if not is_published_name(name):
            raise Refused(404, "not_found", "there is nothing here")
        try:
            body = await asyncio.to_thread(self._fetch, name, FILE_BYTES)
        except FileNotFoundError as error:
            raise Refused(404, "not_found", "the vendor has published nothing of this name") from error
        except OSError as error:
            raise Refused(503, "unavailable", "the file cannot be read now", retry=True) from error
        return Answer(200, CONTENT_TYPE, body)


def vendor_files(parts: Parts, registry: Registry, receipt_key_id: str) -> VendorFiles:
    """What this collector's state folder holds of the vendor."""
    folder = Path(parts.settings.state) / FOLDER
    payloads = Payloads(folder, parts.settings.admission.site_patch_bytes_s, parts.monotonic)
    return VendorFiles(folder, registry, receipt_key_id, parts.now, payloads)
