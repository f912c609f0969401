"""Fetched piece by piece from where it stopped; a collector that lies costs a bounded file and is asked ever less."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from agent.courier.shelf import Shelf
from agent.courier.sorting import sort_document
from agent.payloads.shelf import PayloadShelf, Wanted
from agent.payloads.task import ABSENT_S, LOOK_S, RESERVE_BYTES, STRIKE_MOST_S, STRIKE_S, PayloadTask
from agent.settings.reading import parse_settings
from agent.uplink.delivery import Luck
from agent.uplink.port import NO_HEADERS, Answer, Unreachable
from remediation.patch.manifest import Payload
from remediation.patch.pieces import PIECE_BYTES
from remediation.patch.reading import manifest_bytes
from remediation.trust.assertion import encode_approval
from tests.builders import NOW
from tests.fakes.agent_parts import an_identity
from tests.fakes.collector import Collector, ManualClock
from tests.fakes.customer import approve
from tests.fakes.made_patch import a_manifest, sha256
from tests.fakes.maintained_host import MaintainedHost
from wire.documents.envelope import encode_envelope
from wire.keys import generate_key
from wire.sentence import sentence

CONTENT = b"".join(bytes([number]) * 1_000 for number in range(250)) * 3  # two full pieces and a part of one
MANIFEST = manifest_bytes(
    msgspec.structs.replace(
        a_manifest(),
        payload=Payload(sha256=sha256(CONTENT), size_bytes=len(CONTENT), unpacked_bytes=2),
    )
)
DIGEST = hashlib.sha256(MANIFEST).hexdigest()
WANTED = Wanted("his-2.0", DIGEST, sha256(CONTENT), len(CONTENT))
IDENTITY = an_identity(Collector(ManualClock().now))


class Door:
    """A collector; `answer` replaces what it says of an offset."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.closed = 0
        self.answer: Callable[[int], Answer] = self.honest

    def honest(self, offset: int) -> Answer:
        return Answer(200, {}, CONTENT[offset : offset + PIECE_BYTES])

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        parts = urlsplit(path)
        assert parts.path == f"/v1/vendor/patches/{DIGEST}"
        self.offsets.append(int(parse_qs(parts.query)["from"][0]))
        return self.answer(self.offsets[-1])

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        raise AssertionError(path)

    def close(self) -> None:
        self.closed += 1


class Scene:
    """A task on a shelf with an approved request, and the vendor's word about one patch."""

    def __init__(self, folder: Path) -> None:
        (folder / "host").mkdir()
        self.folder = folder / "state"
        self.door = Door()
        self.now_s = 0.0
        self.patches: dict[str, bytes] = {DIGEST: MANIFEST}
        self.hurried = self.told = 0
        self.free = 10**12
        self.settings = parse_settings(b"collector: https://c.example\nstate: state\n", folder).settings
        self.shelf = PayloadShelf(self.folder)
        self.host = MaintainedHost(folder / "host")
        self.start()

    def start(self) -> None:
        self.task = PayloadTask(
            self.settings,
            connect=lambda _: self.door,
            identity=lambda: IDENTITY,
            luck=Luck(
                now=lambda: NOW + timedelta(seconds=self.now_s),
                monotonic=lambda: self.now_s,
                chance=lambda: 0.5,
                nonce=lambda: "n" * 8,
            ),
            patches=self,
            awaited=set,
            on_here=self.here,
            free_bytes=lambda _: self.free,
        )

    def find_patch(self, digest: str) -> bytes | None:
        return self.patches.get(digest)

    def hurry(self) -> None:
        self.hurried += 1

    def here(self) -> None:
        self.told += 1

    def ask(self) -> None:
        """Request and approval come down."""
        request = self.host.request(action="apply-patch", parameters={"patch": "his-2.0", "digest": DIGEST})
        for raw in (encode_envelope(request), encode_approval(approve(request, "Kim", generate_key()))):
            Shelf(self.folder).put(sort_document(raw))

    def turns(self, count: int) -> float:
        wait_s = 0.0
        for _ in range(count):
            wait_s = self.task.turn()
        return wait_s

    @property
    def used(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in self.shelf.folder.rglob("*") if path.is_file())


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("os.fsync", lambda _: None)
    return Scene(tmp_path)


def test_nothing_is_fetched_that_nobody_approved(scene: Scene) -> None:
    assert scene.turns(3) == LOOK_S
    assert scene.door.offsets == []


def test_piece_by_piece(scene: Scene) -> None:
    scene.ask()
    scene.turns(3)
    assert scene.door.offsets == [0, PIECE_BYTES, 2 * PIECE_BYTES]
    assert (scene.shelf.folder / WANTED.sha256).read_bytes() == CONTENT
    assert scene.told == 1
    assert scene.task.state.here_bytes == scene.task.state.all_bytes == len(CONTENT)
    assert scene.turns(2) == LOOK_S
    assert (len(scene.door.offsets), scene.door.closed) == (3, 1)


def test_it_goes_on_where_it_stopped(scene: Scene) -> None:
    scene.ask()
    scene.turns(1)

    def cut(offset: int) -> Answer:
        raise Unreachable(sentence("cut"), maybe_sent=True)

    scene.door.answer = cut
    assert scene.turns(1) > 0
    assert scene.task.state.problem is not None
    scene.start()  # the agent starts anew
    scene.door.answer = scene.door.honest
    scene.turns(2)
    assert scene.door.offsets == [0, PIECE_BYTES, PIECE_BYTES, 2 * PIECE_BYTES]
    assert scene.shelf.is_here(WANTED)


def test_a_wish_is_enough(scene: Scene) -> None:
    scene.shelf.wish(DIGEST)
    scene.turns(3)
    assert scene.shelf.is_here(WANTED)


def test_what_the_vendor_has_not_signed_is_not_asked_for(scene: Scene) -> None:
    scene.ask()
    scene.patches.clear()
    assert scene.turns(1) == LOOK_S
    assert scene.door.offsets == []
    assert scene.hurried


def test_the_word_of_the_vendor_is_asked_for_before_anybody_approves(scene: Scene) -> None:
    request = scene.host.request(action="apply-patch", parameters={"patch": "his-2.0", "digest": DIGEST})
    Shelf(scene.folder).put(sort_document(encode_envelope(request)))
    scene.patches.clear()
    scene.turns(1)
    assert (scene.door.offsets, scene.hurried) == ([], 1)
    scene.patches[DIGEST] = MANIFEST
    scene.now_s += LOOK_S
    scene.turns(1)
    assert (scene.door.offsets, scene.hurried) == ([], 1), "known now, and fetched when it is approved"


@pytest.mark.parametrize("count", [0, 1, PIECE_BYTES - 1, PIECE_BYTES + 1, 900_000])
def test_a_piece_of_another_length_is_refused(scene: Scene, count: int) -> None:
    scene.ask()
    scene.door.answer = lambda _: Answer(200, {}, b"x" * count)
    scene.turns(1)
    assert scene.task.state.refused == 1
    assert scene.used == 0


def test_a_piece_behind_the_end_is_refused(scene: Scene) -> None:
    scene.ask()
    scene.turns(2)
    scene.door.answer = lambda _: Answer(200, {}, b"x" * PIECE_BYTES)
    scene.turns(1)
    assert (scene.task.state.refused, scene.used) == (1, 0)


def test_swapped_bytes_are_refused_and_waited_for_longer_each_time(scene: Scene) -> None:
    scene.ask()
    scene.door.answer = lambda offset: Answer(200, {}, bytes(len(CONTENT[offset : offset + PIECE_BYTES])))
    begun = []
    for strike in range(1, 12):
        begun.append(scene.now_s)
        scene.turns(3)
        assert (scene.task.state.refused, scene.used, scene.told) == (strike, 0, 0)
        wait_s = min(STRIKE_MOST_S, STRIKE_S * 2 ** (strike - 1))
        asked = len(scene.door.offsets)
        scene.now_s += wait_s - 1
        scene.turns(2)
        assert len(scene.door.offsets) == asked, "not before its time"
        scene.now_s += 1
        scene.shelf.wish(DIGEST)  # the request is over after a while
    assert begun[-1] > STRIKE_MOST_S


def test_after_a_lie_the_truth_is_taken(scene: Scene) -> None:
    scene.ask()
    scene.door.answer = lambda offset: Answer(200, {}, bytes(len(CONTENT[offset : offset + PIECE_BYTES])))
    scene.turns(3)
    scene.door.answer = scene.door.honest
    scene.now_s += STRIKE_S
    scene.turns(3)
    assert scene.shelf.is_here(WANTED)
    assert scene.task.state.refused == 1


def test_one_that_is_not_there(scene: Scene) -> None:
    scene.ask()
    scene.door.answer = lambda _: Answer(404, {}, b"")
    scene.turns(2)
    assert scene.door.offsets == [0]
    scene.now_s += ABSENT_S
    scene.turns(1)
    assert scene.door.offsets == [0, 0]
    assert scene.task.state.refused == 0


def test_a_disk_without_room_gets_nothing(scene: Scene) -> None:
    scene.ask()
    scene.free = 2 * len(CONTENT) + RESERVE_BYTES - 1
    scene.turns(1)
    assert scene.door.offsets == []
    assert "MB are needed" in str(scene.task.state.problem)
    scene.free += 1
    scene.now_s += ABSENT_S
    scene.turns(3)
    assert scene.shelf.is_here(WANTED)


def test_a_disk_that_is_full_in_the_middle_is_given_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ask()
    scene.turns(2)

    def full(self: PayloadShelf, wanted: Wanted, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(PayloadShelf, "append", full)
    scene.turns(1)
    assert scene.used == 0
    assert "No space left" in str(scene.task.state.problem)


def test_what_is_not_wanted_any_more_goes(scene: Scene) -> None:
    scene.ask()
    scene.turns(3)
    assert scene.used == len(CONTENT)
    for document in Shelf(scene.folder).documents():
        Shelf(scene.folder).drop(document)
    scene.now_s += LOOK_S
    scene.turns(1)
    assert scene.used == 0


def test_without_an_enrolment_nobody_asks(scene: Scene) -> None:
    scene.ask()
    scene.task._identity = lambda: None
    assert scene.turns(1) == LOOK_S
    assert scene.door.offsets == []
