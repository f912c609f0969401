"""A bucket of an S3-compatible service. Put is conditional (`If-None-Match: *`), so nothing is overwritten.

With credentials that may put, get and list, but not delete, the bucket is append-only from the host's side;
object lock on the bucket makes it so for everybody. An object is there whole or not at all, that is what the
service promises; `Last-Modified` is the service's clock.
"""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

import requests
from requests_aws4auth import AWS4Auth

from remediation.backup.engines.targets.pace import Pace
from remediation.backup.engines.targets.port import MARKER, Absent, Kept
from remediation.backup.errors import TargetRefused, TargetUnavailable
from wire.sentence import sentence

TIMEOUT_S: Final = (10.0, 120.0)
LISTING_BYTES_MAX: Final = 16 << 20
PAGES_MAX: Final = 100_000
TRIES: Final = 3
_OK, _CREATED, _NO_CONTENT, _PARTIAL = 200, 201, 204, 206
_DENIED, _NOT_FOUND, _CONFLICT, _TAKEN, _RANGE, _FULL = 403, 404, 409, 412, 416, 507
_SERVER_ERRORS: Final = 500


@dataclass(frozen=True)
class Bucket:
    """`url` is the bucket's own address (https://host/bucket), `prefix` a folder in it, or empty."""

    url: str
    region: str
    access_key: str
    secret_key: str
    prefix: str = ""
    authority: str = ""  # a CA file; empty: the system's


class S3:
    """Objects in a bucket. Each thread has a connection of its own."""

    def __init__(self, bucket: Bucket, *, pace: Pace) -> None:
        self._bucket = bucket
        self._pace = pace
        self._local = threading.local()

    @property
    def where(self) -> str:
        """The bucket."""
        return f"{self._bucket.url}/{self._bucket.prefix}".rstrip("/")

    def prepare(self, marker: bytes) -> None:
        """Write the marker where nothing is."""
        if self._get(MARKER, {}) is not None:
            return
        if next(self._listed(""), None) is not None:
            raise TargetRefused(
                sentence("{path} holds other files; name an empty folder for the backup", path=self.where)
            )
        self._put(MARKER, marker)

    def put(self, name: str, content: bytes) -> bool:
        """Keep an object."""
        return self._put(name, content)

    def get(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """The object or a part."""
        if length == 0:
            return b""
        is_part = offset or length is not None
        last = "" if length is None else str(offset + length - 1)
        content = self._get(name, {"Range": f"bytes={offset}-{last}"} if is_part else {})
        if content is None:
            raise Absent(name)
        return content

    def listed(self, folder: str) -> Iterator[Kept]:
        """Every object below a folder."""
        if folder:
            yield from self._listed(f"{folder}/")

    def delete(self, name: str) -> None:
        """Remove one."""
        answer = self._ask("DELETE", name)
        if answer.status_code not in {_OK, _NO_CONTENT, _NOT_FOUND}:
            raise self._failed(answer, is_delete=True)

    def _put(self, name: str, content: bytes) -> bool:
        self._pace.take(len(content))
        answer = self._ask("PUT", name, headers={"If-None-Match": "*"}, content=content)
        if answer.status_code in {_TAKEN, _CONFLICT}:
            return False
        if answer.status_code not in {_OK, _CREATED}:
            raise self._failed(answer)
        return True

    def _get(self, name: str, headers: Mapping[str, str]) -> bytes | None:
        answer = self._ask("GET", name, headers=headers)
        if answer.status_code == _NOT_FOUND:
            return None
        if answer.status_code == _RANGE:
            return b""
        if answer.status_code != (_PARTIAL if headers else _OK):
            raise self._failed(answer)
        return answer.content

    def _listed(self, below: str) -> Iterator[Kept]:
        prefix = self._key(below)
        token = ""
        for _ in range(PAGES_MAX):
            query = {"list-type": "2", "prefix": prefix, **({"continuation-token": token} if token else {})}
            answer = self._ask("GET", None, query=query)
            if answer.status_code != _OK or len(answer.content) > LISTING_BYTES_MAX:
                raise self._failed(answer)
            page = self._page(answer.content)
            for found in page.iter("Contents"):
                name = (found.findtext("Key") or "").removeprefix(self._key(""))
                arrived_at = datetime.fromisoformat(found.findtext("LastModified") or "")
                yield Kept(name, int(found.findtext("Size") or 0), arrived_at)
            token = page.findtext("NextContinuationToken") or ""
            if not token:
                return

    def _page(self, content: bytes) -> ET.Element:
        """The listing without its name spaces. Definitions of entities are refused: they could fill the memory."""
        try:
            if b"<!" in content:
                raise ET.ParseError("a listing with definitions")  # noqa: TRY301
            page = ET.fromstring(content)  # noqa: S314  # see above
        except ET.ParseError as error:
            raise TargetUnavailable(
                sentence("{path} cannot be used: {why}", path=self.where, why=f"bad listing: {error}")
            ) from error
        for element in page.iter():
            element.tag = element.tag.rpartition("}")[2]
        return page

    def _key(self, name: str) -> str:
        return f"{self._bucket.prefix.strip('/')}/{name}" if self._bucket.prefix.strip("/") else name

    def _ask(
        self,
        method: str,
        name: str | None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> requests.Response:
        """One request, tried again where the service itself failed: every one of ours may be repeated."""
        url = self._bucket.url.rstrip("/") + ("" if name is None else "/" + quote(self._key(name)))
        url += f"?{urlencode(sorted(query.items()), quote_via=quote)}" if query else ""
        problem = ""
        for number in range(TRIES):
            try:
                answer = self._session().request(
                    method, url, data=content, headers=dict(headers or {}), timeout=TIMEOUT_S
                )
            except requests.RequestException as error:
                problem = type(error).__name__
                continue
            is_mine = number > 0 and method == "PUT" and answer.status_code == _TAKEN
            if answer.status_code < _SERVER_ERRORS or answer.status_code == _FULL:
                return _accepted(answer) if is_mine else answer
            problem = f"{answer.status_code}"
        raise TargetUnavailable(sentence("{path} does not answer: {why}", path=self.where, why=problem))

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            session = requests.Session()
            bucket = self._bucket
            session.auth = AWS4Auth(bucket.access_key, bucket.secret_key, bucket.region, "s3")
            session.verify = bucket.authority or True
            self._local.session = session
        found: requests.Session = self._local.session
        return found

    def _failed(self, answer: requests.Response, *, is_delete: bool = False) -> TargetRefused | TargetUnavailable:
        if answer.status_code == _DENIED and is_delete:
            return TargetRefused(
                sentence("{path} takes no deletions from here; forget old backups on the receiver", path=self.where)
            )
        if answer.status_code == _DENIED:
            return TargetRefused(sentence("{path} does not accept these credentials; renew them", path=self.where))
        if answer.status_code == _FULL:
            return TargetUnavailable(
                sentence("{path} is full; free space there, or let the receiver forget old backups", path=self.where)
            )
        return TargetUnavailable(
            sentence("{path} cannot be used: {why}", path=self.where, why=f"answer {answer.status_code}")
        )


def _accepted(answer: requests.Response) -> requests.Response:
    """The name is taken at the second try: by our own first try, whose answer was lost. Names are by content."""
    answer.status_code = _OK
    return answer
