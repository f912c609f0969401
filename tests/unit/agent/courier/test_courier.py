from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.courier.courier import AGAIN_S, GOING_ON_S, IDLE_S, WAITING_S, Courier
from agent.courier.shelf import Shelf
from agent.spool.port import Deposit, SpoolFull
from remediation.trust.assertion import encode_approval
from tests.fakes.agent_parts import an_identity
from tests.fakes.collector import Collector, ManualClock
from tests.fakes.customer import BASE, HOST, SITE, approve
from tests.fakes.executor import ScriptedExecutor
from wire.documents.envelope import Envelope, add_signature, decode_envelope, encode_envelope
from wire.documents.heads import HEAD_KIND, AuditHead, read_head, write_head
from wire.documents.model import ActionRequest, Revocation, write_document
from wire.envelope import Document
from wire.keys import generate_key
from wire.messages import EXAMPLE_TIME
from wire.proofs import AuditMark, Outcome, Passed, PatchProgress, Proof, Result

KEY = generate_key()
IDENTITY = an_identity(Collector(ManualClock().now))


class KeptDeposits:
    """An intake that keeps what it is given."""

    def __init__(self) -> None:
        self.proofs: list[Proof] = []
        self.is_full = False

    def deposit(self, deposit: Deposit) -> None:
        if self.is_full:
            raise SpoolFull("no room")
        self.proofs += deposit.proofs

    @property
    def results(self) -> list[Result]:
        return [proof for proof in self.proofs if isinstance(proof, Result)]


class World:
    """A courier with everything around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.executor = ScriptedExecutor()
        self.spool = KeptDeposits()
        self.start()

    def start(self) -> None:
        self.courier = Courier(
            Shelf(self.folder),
            self.executor,
            self.spool,  # type: ignore[arg-type]  # the courier deposits and reads nothing
            identity=lambda: IDENTITY,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
        )

    def request(self, **change: Any) -> Envelope:
        values: dict[str, Any] = {
            "id": "b" * 32, "site": SITE, "hosts": [HOST], "product": "p", "action": "a",
            "actions_digest": "0" * 64, "reason": "r",
            "not_after": self.clock.now() + timedelta(days=1),
        }  # fmt: skip
        return add_signature(write_document(ActionRequest(**BASE | values | change)), KEY)

    def bring(self, kind: str, envelope: Envelope | bytes) -> None:
        content = envelope if isinstance(envelope, bytes) else encode_envelope(envelope)
        self.courier.accept([Document(kind=kind, media_type="application/json", content=content)])

    def approval(self, request: Envelope) -> bytes:
        return encode_approval(approve(request, "Kim", KEY, not_after=self.clock.now() + timedelta(days=1)))

    @property
    def files(self) -> int:
        folder = self.folder / "documents"
        return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_request_and_approval_meet_whatever_comes_first(world: World) -> None:
    request = world.request()
    world.bring("approval", world.approval(request))
    world.courier.turn()
    assert world.executor.asked == []
    world.bring("request", request)
    world.courier.turn()
    assert world.executor.asked == [1]
    assert [(result.outcome, result.digest) for result in world.spool.results] == [(Outcome.DONE, request.digest)]
    assert world.files == 0


def test_while_a_request_waits_it_looks_often_for_what_is_laid_beside_it_here(world: World) -> None:
    request = world.request()
    world.bring("request", request)
    assert world.courier.turn() == WAITING_S
    world.bring("approval", world.approval(request))
    assert world.courier.turn() == IDLE_S
    assert world.executor.asked == [0, 1]


def test_a_request_waits_for_its_approval_without_nagging(world: World) -> None:
    request = world.request()
    world.bring("request", request)
    for _ in range(5):
        world.courier.turn()
    assert world.executor.asked == [0]
    assert [result.obstacle for result in world.spool.results] == ["no_approval"]
    world.clock.pass_time(AGAIN_S + 1)
    world.courier.turn()
    assert world.executor.asked == [0, 0]
    assert len(world.spool.results) == 1
    world.bring("approval", world.approval(request))
    world.courier.turn()
    assert world.executor.asked == [0, 0, 1]
    assert [result.outcome for result in world.spool.results] == [Outcome.REFUSED, Outcome.DONE]


def test_what_cannot_be_cured_is_final(world: World) -> None:
    world.executor.judge = lambda _: "parameters"
    world.bring("request", world.request())
    world.courier.turn()
    assert world.files == 0
    assert [result.obstacle for result in world.spool.results] == ["parameters"]


def test_without_an_executor_everything_waits(world: World) -> None:
    world.executor.is_there = False
    world.bring("request", world.request())
    assert world.courier.turn() > 0
    assert world.courier.problem
    world.start()
    world.executor.is_there = True
    world.courier.turn()
    assert world.executor.asked == [0]
    assert world.courier.problem == ""


def test_a_result_that_finds_no_room_is_asked_for_again(world: World) -> None:
    request = world.request()
    world.bring("request", request)
    world.bring("approval", world.approval(request))
    world.spool.is_full = True
    world.courier.turn()
    assert world.files == 2
    world.spool.is_full = False
    world.start()
    world.courier.turn()
    assert [result.outcome for result in world.spool.results] == [Outcome.DONE]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("shell", b"{}"),
        ("request", b"{}"),
        ("request", b""),
        ("approval", encode_envelope(Envelope("application/vnd.sitewarden.request.v2+json", b"{}", []))),
        ("vendor-root", encode_envelope(Envelope("application/vnd.sitewarden.root.v1+json", b"{}", []))),
    ],
)
def test_what_is_unknown_is_told_and_never_acted_upon(world: World, kind: str, content: bytes) -> None:
    world.bring(kind, content)
    world.courier.turn()
    assert world.files == 0
    assert len(world.courier.refused) == 1
    assert world.executor.asked == []


def test_a_document_under_a_false_name_is_refused(world: World) -> None:
    world.bring("approval", world.request())
    assert world.files == 0
    assert "claims" in world.courier.refused[0]


def test_a_revocation_is_handed_over(world: World) -> None:
    values: dict[str, Any] = BASE | {"id": "c" * 32, "site": SITE, "hosts": [HOST], "revokes": "b" * 32}
    world.bring("revocation", write_document(Revocation(**values)))
    world.courier.turn()
    assert len(world.executor.stopped) == 1
    assert world.files == 0


def test_after_a_change_a_signed_head_goes_up_and_comes_back(world: World) -> None:
    world.courier.turn()
    assert world.spool.proofs == []
    world.bring("request", world.request())
    world.courier.turn()
    (mark,) = [proof for proof in world.spool.proofs if isinstance(proof, AuditMark)]
    envelope = decode_envelope(mark.envelope)
    assert read_head(envelope, IDENTITY.key.public_key()).size == 1
    world.bring(HEAD_KIND, add_signature(envelope, KEY))
    world.courier.turn()
    assert len(world.executor.heads) == 1


def _marks(world: World) -> list[AuditMark]:
    return [proof for proof in world.spool.proofs if isinstance(proof, AuditMark)]


def test_an_unsecured_head_goes_up_again_until_it_is_countersigned(world: World) -> None:
    world.executor.size = 7  # written by local commands, before this start
    world.courier.turn()
    assert len(_marks(world)) == 1
    world.courier.turn()
    assert len(_marks(world)) == 1, "not before a minute"
    world.clock.pass_time(61)
    world.courier.turn()
    assert len(_marks(world)) == 2
    world.executor.secured = 7
    world.clock.pass_time(10_000)
    world.courier.turn()
    assert len(_marks(world)) == 2


def test_what_local_commands_wrote_is_found_with_the_proof_of_growth(world: World) -> None:
    world.executor.size = world.executor.secured = 3
    world.courier.turn()
    assert _marks(world) == []
    world.executor.size = 5
    world.clock.pass_time(601)
    world.courier.turn()
    (mark,) = _marks(world)
    assert (mark.since, mark.proof) == (3, ["ef" * 32])


def test_a_host_without_an_executor_is_no_trouble(world: World) -> None:
    world.executor.is_there = False
    world.courier.turn()
    assert world.courier.problem == ""
    assert world.courier.refused == []


def test_the_shelf_has_an_end(world: World) -> None:
    for number in range(210):
        world.bring("request", world.request(id=f"{number:032x}"))
    assert world.files == 200
    assert any("wait already" in what for what in world.courier.refused)


def test_approvals_without_a_request_go_when_their_time_is_over(world: World) -> None:
    world.bring("approval", world.approval(world.request()))
    world.courier.turn()
    assert world.files == 1
    world.clock.pass_time(2 * 86_400)
    world.courier.turn()
    assert world.files == 0


def test_heads_of_nobody_are_not_sent(tmp_path: Path) -> None:
    envelope = write_head(AuditHead(agent="a", size=1, chain="ab" * 32, root="ab" * 32, at=EXAMPLE_TIME))
    world = World(tmp_path)
    world.bring(HEAD_KIND, envelope)
    world.executor.is_there = False
    world.courier.turn()
    assert world.files == 1


def passed(*states: str) -> list[Passed]:
    return [Passed(state=state, at=EXAMPLE_TIME) for state in states]


def test_the_states_of_a_patch_are_told_as_they_are_passed_also_after_the_requests_time(world: World) -> None:
    course = [passed("planned"), passed("planned"), passed("planned", "staging"), passed("planned", "staging", "clean")]
    world.bring("request", world.request())
    for number, states in enumerate(course):
        world.executor.passed, is_last = states, number == len(course) - 1
        obstacle = "" if is_last else "in_progress"
        world.executor.judge = {1: obstacle, 0: obstacle}.__getitem__
        world.executor.step = "clean" if is_last else ""
        world.courier.turn()
        assert len(world.courier._shelf.documents()) == (not is_last)
        world.clock.pass_time(timedelta(days=2).total_seconds() if number else GOING_ON_S)
    told = [proof for proof in world.spool.proofs if isinstance(proof, PatchProgress)]
    assert [[each.state for each in progress.states] for progress in told] == [
        ["planned"],
        ["planned", "staging"],
        ["planned", "staging", "clean"],
    ]
    assert [(result.outcome, result.step) for result in world.spool.results] == [(Outcome.DONE, "clean")]


def test_what_was_only_accepted_has_nothing_to_tell_yet(world: World) -> None:
    world.executor.judge = lambda _: "in_progress"
    world.bring("request", world.request())
    world.courier.turn()
    assert not [proof for proof in world.spool.proofs if isinstance(proof, PatchProgress | Result)]


def test_another_action_has_no_states(world: World) -> None:
    world.executor.judge = lambda _: ""
    world.executor.passed, world.executor.step = passed("planned"), "run"
    world.bring("request", world.request())
    world.courier.turn()
    assert not [proof for proof in world.spool.proofs if isinstance(proof, PatchProgress)]


def test_what_waits_for_files_is_asked_again_as_soon_as_they_are_here(world: World) -> None:
    world.executor.judge = lambda _: "payload_missing"
    request = world.request()
    world.bring("request", request)
    world.courier.turn()
    assert world.courier.waiting_for_files() == {request.digest}
    world.courier.turn()
    assert len(world.executor.asked) == 1
    world.courier.try_again()
    world.executor.judge = lambda _: ""
    world.courier.turn()
    assert len(world.executor.asked) == 2
    assert world.courier.waiting_for_files() == frozenset()


def test_other_obstacles_are_not_asked_again_for_files(world: World) -> None:
    world.executor.judge = lambda _: "no_approval"
    world.bring("request", world.request())
    world.courier.turn()
    world.courier.try_again()
    world.courier.turn()
    assert len(world.executor.asked) == 1
