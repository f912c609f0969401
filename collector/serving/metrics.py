"""The page of metrics on the console's listener: whose token opens it, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from collector.errors import ListenerRefused
from collector.ingest.model import Work
from collector.metrics.door import MetricsDoor
from collector.metrics.measures import Measures
from collector.metrics.scrape import Live, Scrape
from collector.parts import Parts
from collector.serving.listeners import is_loopback
from collector.settings.model import Metrics
from wire.sentence import sentence

TOKEN_CHARS: Final = (16, 4_096)


def read_token(settings: Metrics) -> str:
    """The token of the settings, empty without one; `ListenerRefused` when the file holds nothing to trust."""
    if settings.token_file is None:
        return ""
    try:
        token = Path(settings.token_file).read_text("ascii").strip()
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise ListenerRefused(
            sentence(
                "the token of the metrics {path} cannot be read: {problem}", path=settings.token_file, problem=problem
            )
        ) from error
    least, most = TOKEN_CHARS
    if not least <= len(token) <= most:
        raise ListenerRefused(
            sentence(
                "the token of the metrics in {path} has {count} characters; {least} or more cannot be guessed",
                path=settings.token_file,
                count=len(token),
                least=least,
            )
        )
    return token


def live_numbers(work: Work, interval_s: float, waiting: int) -> Live:
    """What the running parts say."""
    return Live(work.jobs, work.size_bytes, work.oldest_s, work.backlog_s, interval_s, waiting)


def metrics_door(
    inner: Callable[..., Awaitable[None]], parts: Parts, measures: Measures, live: Callable[[], Live], *, token: str
) -> MetricsDoor:
    """/metrics in front of `inner`."""
    scrape = Scrape(parts.store, measures, live=live, version=own_version(), now=parts.now, monotonic=parts.monotonic)
    return MetricsDoor(inner, scrape.page, token, parts.settings.console_address, is_loopback)


def own_version() -> str:
    """The version that is installed."""
    try:
        return version("sitewarden")
    except PackageNotFoundError:
        return "unknown"
