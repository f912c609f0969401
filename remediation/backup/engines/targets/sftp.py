"""A folder on another machine, by SFTP. The host's key is pinned: another key is refused, nothing is learned.

An object is written beside its place and renamed; the plain rename of SFTP version 3 fails when the name is
taken, so nothing is ever overwritten. The times of files can be set by whoever may write there, so they do
not count as arrival. SFTP alone cannot be append-only: a receiver that shall outlive a thief on the host
takes its own copies, or is reached by S3 or rest-server instead.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from remediation.backup.engines.targets.pace import Pace
from remediation.backup.engines.targets.port import MARKER, Absent, Kept
from remediation.backup.errors import TargetRefused, TargetUnavailable
from wire.sentence import sentence

TIMEOUT_S: Final = 30.0
PART: Final = ".part"


@dataclass(frozen=True)
class SftpPlace:
    """Where, as whom, with which key, and whose key must answer (`ssh-ed25519 AAAA...`)."""

    host: str
    port: int
    user: str
    folder: str
    key: Path
    host_key: str


class Sftp:
    """Objects as files on another machine. One connection, made at first use."""

    def __init__(self, place: SftpPlace, *, pace: Pace, new_name: Callable[[], str]) -> None:
        self._place = place
        self._pace = pace
        self._new_name = new_name
        self._lock = threading.RLock()
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None
        self._folders: set[str] = set()

    @property
    def where(self) -> str:
        """For people."""
        return f"sftp://{self._place.user}@{self._place.host}{self._place.folder}"

    def prepare(self, marker: bytes) -> None:
        """Make the folder and its marker."""
        with self._told() as client:
            self._make(client, PurePosixPath(self._place.folder))
            names = client.listdir(self._place.folder)
            if MARKER in names:
                return
            if any(not name.endswith(PART) for name in names):
                raise TargetRefused(
                    sentence("{path} holds other files; name an empty folder for the backup", path=self.where)
                )
            self._write(client, MARKER, marker)

    def put(self, name: str, content: bytes) -> bool:
        """Keep an object."""
        with self._told() as client:
            self._must_be_there(client)
            return self._write(client, name, content)

    def get(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """The object or a part."""
        with self._told() as client:
            try:
                with client.open(self._path(name), "rb") as file:
                    size = file.stat().st_size or 0
                    wanted = max(0, min(size - offset, size if length is None else length))
                    if length is None:
                        file.prefetch(size)
                    file.seek(offset)
                    return file.read(wanted)
            except FileNotFoundError as error:
                if name != MARKER:
                    self._must_be_there(client)
                raise Absent(name) from error

    def listed(self, folder: str) -> Iterator[Kept]:
        """Every object below a folder."""
        with self._told() as client:
            self._must_be_there(client)
            found = list(self._below(client, folder))
        yield from found  # the connection is free again: who reads the listing may use it

    def delete(self, name: str) -> None:
        """Remove one."""
        with self._told() as client, contextlib.suppress(FileNotFoundError):
            client.remove(self._path(name))

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
            self._transport = self._client = None

    def _below(self, client: paramiko.SFTPClient, folder: str) -> Iterator[Kept]:
        try:
            found = client.listdir_attr(self._path(folder))
        except FileNotFoundError:
            return
        for entry in found:
            name = f"{folder}/{entry.filename}"
            if stat.S_ISDIR(entry.st_mode or 0):
                yield from self._below(client, name)
            elif not name.endswith(PART):
                yield Kept(name, entry.st_size or 0)

    def _write(self, client: paramiko.SFTPClient, name: str, content: bytes) -> bool:
        path = PurePosixPath(self._path(name))
        self._make(client, path.parent)
        part = str(path.with_name(self._new_name() + PART))
        try:
            with client.open(part, "wbx") as file:
                file.set_pipelined(pipelined=True)
                for piece in self._pace.pieces(content):
                    file.write(piece)
            if client.stat(part).st_size != len(content):
                raise OSError("was not kept whole")  # noqa: TRY301  # told as every other error of the target
            return self._renamed(client, part, str(path))
        except BaseException:
            with contextlib.suppress(OSError, paramiko.SSHException, EOFError):
                client.remove(part)
            raise

    def _renamed(self, client: paramiko.SFTPClient, part: str, path: str) -> bool:
        try:
            client.rename(part, path)
        except OSError:
            client.stat(path)  # taken: as it should be; anything else is raised here
            client.remove(part)
            return False
        return True

    def _make(self, client: paramiko.SFTPClient, folder: PurePosixPath) -> None:
        if str(folder) in self._folders or str(folder) in {"/", "."}:
            return
        try:
            client.stat(str(folder))
        except FileNotFoundError:
            self._make(client, folder.parent)
            with contextlib.suppress(OSError):  # another saver made it just now
                client.mkdir(str(folder), 0o700)
        self._folders.add(str(folder))

    def _path(self, name: str) -> str:
        return f"{self._place.folder.rstrip('/')}/{name}"

    def _must_be_there(self, client: paramiko.SFTPClient) -> None:
        try:
            client.stat(self._path(MARKER))
        except FileNotFoundError as error:
            raise TargetUnavailable(
                sentence(
                    "{path} is no backup target now; attach the disk, or prepare the target if it is new",
                    path=self.where,
                )
            ) from error

    @contextmanager
    def _told(self) -> Iterator[paramiko.SFTPClient]:
        """The connection; what goes wrong with it as a sentence. The next use connects anew."""
        with self._lock:
            try:
                yield self._connected()
            except (OSError, EOFError, paramiko.SSHException) as error:
                self.close()
                why = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise TargetUnavailable(sentence("{path} cannot be used: {why}", path=self.where, why=why)) from error

    def _connected(self) -> paramiko.SFTPClient:
        if self._client is None or self._transport is None or not self._transport.is_active():
            self._transport = _transport(self._place, self.where)
            client = paramiko.SFTPClient.from_transport(self._transport)
            if client is None:
                raise paramiko.SSHException("no SFTP there")
            if channel := client.get_channel():
                channel.settimeout(TIMEOUT_S)
            self._client = client
        return self._client


def _transport(place: SftpPlace, where: str) -> paramiko.Transport:
    """A connection to the machine whose key is pinned, and to no other."""
    kind, encoded = place.host_key.split()[:2]
    pinned = paramiko.PKey.from_type_string(kind, base64.b64decode(encoded))
    transport = paramiko.Transport(_socket(place))
    try:
        transport.get_security_options().key_types = _types_of(kind)
        transport.start_client(timeout=TIMEOUT_S)
        if transport.get_remote_server_key() != pinned:
            raise paramiko.BadHostKeyException(place.host, transport.get_remote_server_key(), pinned)  # noqa: TRY301
        transport.auth_publickey(place.user, paramiko.PKey.from_path(place.key))
    except paramiko.AuthenticationException as error:
        transport.close()
        raise TargetRefused(
            sentence("{path} does not accept the key of this host; add it there", path=where)
        ) from error
    except (paramiko.BadHostKeyException, IncompatiblePeer) as error:  # the second: it has no key of the pinned kind
        transport.close()
        raise _refused(where) from error
    except BaseException:
        transport.close()
        raise
    return transport


def _refused(where: str) -> TargetRefused:
    return TargetRefused(
        sentence("{path} shows another host key than the pinned one; ask who changed it before you pin it", path=where)
    )


def _types_of(kind: str) -> tuple[str, ...]:
    return ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)


def _socket(place: SftpPlace) -> socket.socket:
    connection = socket.create_connection((place.host, place.port), TIMEOUT_S)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return connection
