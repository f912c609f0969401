"""Whatever the step, and whenever the process dies: each fault is counted, each text arrives or is told."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.budgets.intake import BudgetIntake
from agent.budgets.state import Step
from agent.spool.port import Deposit, SpoolFull
from tests.builders import NOW, a_health, an_event
from tests.fakes.agent_parts import a_spool
from wire.messages import Event, Gap, Health, decode_record

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deposit"), st.integers(1, 5)),
        st.tuples(st.just("step"), st.sampled_from(list(Step))),
        st.tuples(st.sampled_from(["report", "crash", "beat"]), st.none()),
    ),
    max_size=25,
)


class Model:
    """A gate before a real spool, and what should come of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken = self.refused = self.beats = 0
        self.spool = a_spool(folder)
        self.gate = BudgetIntake(self.spool)

    def crash(self) -> None:
        step = self.gate.step
        self.spool.close()
        self.spool = a_spool(self.folder)
        self.gate = BudgetIntake(self.spool)
        self.gate.step = step

    def deposit(self, count: int) -> None:
        numbers = range(self.taken, self.taken + count)
        events = [an_event(event_id=f"{n:032x}", identity={"n": str(n)}, text=f"t{n}", before=["x"]) for n in numbers]
        try:
            self.gate.deposit(Deposit(events=events))
        except SpoolFull:
            assert self.gate.step is Step.HEARTBEAT
            self.refused += count
        else:
            assert self.gate.step is not Step.HEARTBEAT
            self.taken += count

    def beat(self) -> None:
        self.gate.deposit(Deposit(health=a_health()))
        self.beats += 1

    def check(self) -> None:
        self.gate.report([], [], NOW)
        records = [decode_record(raw) for (raw,) in self.spool._read("SELECT record FROM waiting")]
        events = [record for record in records if isinstance(record, Event)]
        gaps = [record for record in records if isinstance(record, Gap)]
        assert {event.identity["n"] for event in events} == {str(number) for number in range(self.taken)}
        assert sum(not event.text for event in events) == sum(gap.records_lost for gap in gaps)
        left_out = sum(int(gap.detail.split(" events, ")[1].split(" ")[0]) for gap in gaps)
        assert sum(not event.before for event in events) == left_out
        assert sum(isinstance(record, Health) for record in records) == self.beats


@given(STEPS)
@settings(max_examples=60)
def test_nothing_is_left_out_in_silence(steps: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Model(Path(folder))
        for name, value in steps:
            if name == "step":
                model.gate.step = Step(str(value))
            elif name == "deposit":
                model.deposit(int(str(value)))
            elif name == "report":
                model.gate.report([], [], NOW)
            else:
                getattr(model, name)()
        model.check()
