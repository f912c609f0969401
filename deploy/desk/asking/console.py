"""The collector's API as a person's command line calls it. Nothing here signs, and no key passes through.

HTTPS only, plain HTTP to this machine alone; no redirect is followed, answers have a size and a time.
Proxies come from the environment; a password file of the environment (netrc) is not read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3

from agent.settings.address import address_problem, is_loopback
from agent.uplink.line import SYSTEM_CA
from wire.sentence import Sentence, sentence

CONNECT_S: Final = 10.0
READ_S: Final = 30.0
ANSWER_BYTES: Final = 4_000_000  # a request with the output of many hosts
CHUNK_BYTES: Final = 65_536
ERROR_CHARS: Final = 500
NOT_FOUND: Final = 404
UNKNOWN_TOKEN: Final = 401


class ConsoleRefused(Exception):
    """The collector did not do it; `status` is 0 when there was no answer of its."""

    def __init__(self, why: Sentence, status: int = 0) -> None:
        super().__init__(str(why))
        self.why = why
        self.status = status


def text_in(said: Any, name: str) -> str:
    """A text of an answer; `ConsoleRefused` when there is none."""
    found = said.get(name) if isinstance(said, dict) else None
    if not isinstance(found, str):
        raise ConsoleRefused(sentence("the collector's answer lacks {name}", name=name))
    return found


class Console:
    """One collector's console, with a token or without."""

    def __init__(self, address: str, *, token: str = "", ca_file: Path | None = None) -> None:
        problem = address_problem(address)
        if problem is not None:
            raise ConsoleRefused(problem)
        self._address = address.rstrip("/")
        self._verify = str(ca_file) if ca_file else next((path for path in SYSTEM_CA if Path(path).exists()), True)
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(urlsplit(address).hostname or "")
        self._session.auth = _bearer(token)
        self._session.headers.update({"User-Agent": "sitewarden", "Accept-Encoding": "identity"})

    def get(self, path: str) -> Any:
        """The JSON at `path`."""
        return self._json("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """The JSON answer to `body`, which is JSON or bytes of it."""
        return self._json("POST", path, body if isinstance(body, bytes) else msgspec.json.encode(body))

    def fetch(self, path: str, most: int) -> bytes:
        """The bytes at `path`, at most so many."""
        return self._ask("GET", path, None, most)

    def close(self) -> None:
        """Drop the connection."""
        self._session.close()

    def _json(self, method: str, path: str, body: bytes | None) -> Any:
        try:
            return msgspec.json.decode(self._ask(method, path, body, ANSWER_BYTES))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ConsoleRefused(sentence("{address} did not answer as a collector", address=self._address)) from error

    def _ask(self, method: str, path: str, body: bytes | None, most: int) -> bytes:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            with self._session.request(
                method, self._address + path, data=body, headers=headers, verify=self._verify,
                timeout=(CONNECT_S, READ_S), allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                content = _bounded(response, most)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise ConsoleRefused(_reason(error, self._address)) from error
        if response.status_code != requests.codes.ok:
            raise ConsoleRefused(_refusal(response.status_code, content, self._address), response.status_code)
        return content


def _bearer(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Sets our token or nothing; being set, it keeps `requests` from looking for passwords elsewhere."""

    def add(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return add


def _bounded(response: requests.Response, most: int) -> bytes:
    content = b""
    for chunk in response.iter_content(CHUNK_BYTES):
        content += chunk
        if len(content) > most:
            raise requests.ConnectionError(f"the answer has more than {most} bytes")
    return content


def _refusal(status: int, content: bytes, address: str) -> Sentence:
    if status in range(300, 400):
        return sentence("{address} points elsewhere, and that is not followed: use its own address", address=address)
    try:
        said = str(msgspec.json.decode(content)["error"])[:ERROR_CHARS]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, RecursionError):
        return sentence("{address} did not answer as a collector (status {status})", address=address, status=status)
    return sentence("the collector says: {problem}", problem=" ".join(said.split()))


def _reason(error: Exception, address: str) -> Sentence:
    if isinstance(error, requests.exceptions.SSLError):
        return sentence(
            "the certificate of {address} is not trusted; name its authority with --ca-file", address=address
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return sentence("the proxy on the way to {address} refused or could not be reached", address=address)
    if isinstance(error, requests.Timeout):
        return sentence("{address} did not answer in time", address=address)
    return sentence("{address} cannot be reached: {problem}", address=address, problem=str(error)[:ERROR_CHARS])
