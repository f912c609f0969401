"""A page that should answer with its status and its text, and in time.

Redirects are an answer like any other and are not followed, proxies and passwords of the environment
are not used, and no more than a megabyte is read: what is asked stands in the settings, word for word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from agent.health.probe import Reading, reading_of
from agent.health.thresholds import Bounds
from agent.plain_requests import requests
from agent.settings.probes import WebCheck

BODY_BYTES = 1_000_000
CHUNK_BYTES = 16_384
FETCH_S = 3.0
OK = 200


class Web:
    """Two readings: whether the answer is right, and how long it took."""

    def __init__(self, settings: WebCheck, monotonic: Callable[[], float]) -> None:
        self.name = f"web {settings.name}"
        self.interval_s = settings.interval_s
        self._settings = settings
        self._monotonic = monotonic
        self._slow = Bounds(settings.slow_s, settings.slow_s * 0.8, 2 * settings.interval_s)

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """Ask once; a wrong answer has no time worth telling."""
        begin = self._monotonic()
        problem = self._problem(begin)
        took_s = self._monotonic() - begin
        name, url = self._settings.name, self._settings.url
        text = f"{url}: {problem}" if problem else f"{url} answers as expected"
        yield reading_of("HOST-WEB-0001", name, is_bad=bool(problem), text=text)
        if not problem:
            yield Reading("HOST-WEB-0002", name, took_s, "s", self._slow, f"{url} answered in {took_s:.2f} s")

    def _problem(self, begin: float) -> str:
        settings = self._settings
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(
                    settings.url,
                    timeout=settings.timeout_s,
                    allow_redirects=False,
                    stream=True,
                    verify=settings.ca_file or True,
                )
                if answer.status_code != settings.status:
                    return f"status {answer.status_code}, expected {settings.status}"
                return self._content_problem(answer, begin)
        except requests.exceptions.SSLError as error:
            return f"its certificate is not trusted: {error}"
        except (requests.RequestException, OSError) as error:
            return _short(error, settings.timeout_s)

    def _content_problem(self, answer: requests.Response, begin: float) -> str:
        wanted, body = self._settings.contains.encode(), bytearray()
        if not wanted:
            return ""
        for chunk in answer.iter_content(CHUNK_BYTES):
            body += chunk
            if wanted in body:
                return ""
            if self._monotonic() - begin > self._settings.timeout_s:
                return f"no whole answer in {self._settings.timeout_s:g} s"
            if len(body) > BODY_BYTES:
                break
        return f"the text {self._settings.contains!r} is not in the answer"


def _short(error: Exception, timeout_s: float) -> str:
    if isinstance(error, requests.Timeout):
        return f"no answer in {timeout_s:g} s"
    return f"{type(error).__name__}: {str(error)[:200]}"


def fetch(url: str, limit_bytes: int) -> bytes:
    """The beginning of what `url` answers with 200; OSError (as all errors of requests are) otherwise."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, timeout=FETCH_S, allow_redirects=False, stream=True)
        if answer.status_code != OK:
            raise OSError(f"{url}: status {answer.status_code}")
        body = bytearray()
        for chunk in answer.iter_content(CHUNK_BYTES):
            body += chunk
            if len(body) >= limit_bytes:
                break
        return bytes(body[:limit_bytes])
