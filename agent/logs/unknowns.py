"""Lines that tell of an error and have no code, folded by template while they are found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.logs.bursts import clip, clip_line, clip_record
from agent.logs.templates import fingerprint, template_of
from wire.catalogue.model import Catalogue
from wire.fingerprint import OVERFLOW
from wire.limits import CODE_CHARS
from wire.messages import UnknownError

TEMPLATES_MAX: Final = 500  # in one step; more is a log without templates, and told as one
OTHERS: Final = OVERFLOW  # the collector shows it as such


@dataclass(slots=True)
class _Kind:
    severity: str
    sample: str
    source: str
    first_at: datetime
    last_at: datetime
    count: int = 0


class Unknowns:
    """The unknown errors of one step of reading."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._kinds: dict[str, _Kind] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    def see(self, record: str, severity: str, at: datetime, source: str) -> None:
        """Count a record that has the word `severity`."""
        template = template_of(record)
        kind = self._kinds.get(template)
        if kind is None:
            if len(self._kinds) >= TEMPLATES_MAX:
                template = OTHERS
            made = _Kind(clip(severity, CODE_CHARS), clip_record(record), clip_line(source), at, at)
            kind = self._kinds.setdefault(template, made)
        kind.count += 1
        kind.first_at = min(kind.first_at, at)
        kind.last_at = max(kind.last_at, at)

    def errors(self) -> list[UnknownError]:
        """One record a template."""
        product, version = self._catalogue.product, self._catalogue.version
        return [
            UnknownError(
                fingerprint=fingerprint(product, template),
                template=clip_line(template),
                product=product,
                catalogue_version=version,
                source=kind.source,
                severity=kind.severity,
                count=kind.count,
                first_at=kind.first_at,
                last_at=kind.last_at,
                sample=kind.sample,
            )
            for template, kind in self._kinds.items()
        ]
