"""Where unknown errors come from: a collector's API, a file exported from it, or a log beside a catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import requests
from msgspec import Meta, Struct

from agent.logs.scan import Scanner
from agent.logs.templates import template_of
from deploy.desk.catalogues.suggesting import Unknown
from wire.catalogue.model import Catalogue
from wire.sentence import Sentence, sentence

TIMEOUT_S = 30
LINES_MAX = 5_000_000


class SourceRefused(Exception):
    """The unknown errors cannot be had; the sentence says why."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class _Row(Struct):
    """One entry of the answer; fields that are not needed are passed over."""

    template: str
    product: str = ""
    sample: str = ""
    count: Annotated[int, Meta(ge=0)] = 1
    sites: Annotated[int, Meta(ge=0)] = 0


class _Answer(Struct):
    unknowns: list[_Row]


def from_collector(url: str, token: str, *, product: str, limit: int) -> list[Unknown]:
    """The fleet's new ones, most sites first."""
    query: dict[str, str | int] = {"state": "new", "product": product, "limit": limit}
    headers = {"authorization": f"Bearer {token}"}
    address = f"{url.rstrip('/')}/v1/unknowns"
    try:
        answer = requests.get(address, params=query, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        raise SourceRefused(sentence("{url} does not answer: {reason}", url=url, reason=str(error))) from error
    if answer.status_code != requests.codes.ok:
        words = sentence("{url} answers {status}; is the API token still good?", url=url, status=answer.status_code)
        raise SourceRefused(words)
    return parse(answer.content, product=product, limit=limit)


def parse(raw: bytes, *, product: str, limit: int) -> list[Unknown]:
    """The answer of `GET /v1/unknowns`, as it came or from a file."""
    try:
        rows = msgspec.json.decode(raw, type=_Answer).unknowns
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceRefused(sentence("this is no list of unknown errors: {reason}", reason=str(error))) from error
    mine = [row for row in rows if row.product in ("", product)]
    return [Unknown(row.template, row.sample, row.count, row.sites) for row in mine[:limit]]


def from_log(path: Path, catalogue: Catalogue, *, limit: int) -> list[Unknown]:
    """The lines of a log that look like errors and that this catalogue does not know, the most frequent first."""
    try:
        with path.open(encoding="utf-8", errors="backslashreplace") as lines:
            found = _counted(lines, Scanner(catalogue))
    except OSError as error:
        why = sentence("{path} cannot be read: {reason}", path=path, reason=error.strerror or str(error))
        raise SourceRefused(why) from error
    ranked = sorted(found.items(), key=lambda item: -item[1][0])[:limit]
    return [Unknown(template, sample, count, 1) for template, (count, sample) in ranked]


def _counted(lines: Iterable[str], scanner: Scanner) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for _, raw in zip(range(LINES_MAX), lines, strict=False):
        line = raw.rstrip("\r\n")
        if scanner.find([line]) is None and scanner.severity_of(line) is not None:
            template = template_of(line)
            count, sample = found.get(template, (0, line))
            found[template] = (count + 1, sample)
    return found
