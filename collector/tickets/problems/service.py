"""What people do about problems, one use case a function. All raise `TicketRefused` and then change nothing.

Closing a problem resolves no ticket by itself: the children are proposed, and resolved in one batch when a
person confirms which (R15). A child that comes back is shown at its problem and reopens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from collector.errors import TicketRefused
from collector.store.database import Connection, Store
from collector.tickets import service as tickets
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.model import Code, ProblemState
from collector.tickets.desk.person import Person, at_desk
from collector.tickets.problems import repository as rows
from collector.tickets.problems.model import CHILDREN, TEXT_CHARS, VERSION_CHARS, ProblemRecord
from wire.sentence import sentence


def confirm(person: Person, problem_id: int, *, fixed_in: str, workaround: str, patch: str) -> None:
    """It is a known error: what helps for now, and which version or patch cures it."""
    fixed_in, workaround, patch = fixed_in.strip(), workaround.strip(), patch.strip()
    if not (fixed_in or workaround):
        raise TicketRefused(sentence("a known error needs a workaround or the version that cures it"))
    _check(fixed_in, workaround, patch)
    with at_desk(person) as (connection, desk):
        record = _find(connection, problem_id)
        values = {"fixed_in": fixed_in or None, "workaround": workaround, "patch": patch}
        _keep(desk, record, state=ProblemState.KNOWN_ERROR, closed_at=None, **values)
        _log(connection, person, problem_id, "confirmed", **values)


def close(person: Person, problem_id: int, *, note: str) -> None:
    """It is done with; its tickets stay as they are until somebody confirms the batch."""
    note = _noted(note)
    with at_desk(person) as (connection, desk):
        record = _find(connection, problem_id)
        if record.problem.state is ProblemState.CLOSED:
            raise TicketRefused(sentence("the problem is closed already"))
        _keep(desk, record, state=ProblemState.CLOSED, closed_at=person.now)
        _log(connection, person, problem_id, "closed", note=note)


def resolve_children(person: Person, problem_id: int, numbers: Sequence[str], *, note: str) -> list[str]:
    """R15: resolve those of the named tickets that are still open and belong to the problem; which they were."""
    note = _noted(note)
    if not 0 < len(numbers) <= CHILDREN:
        raise TicketRefused(sentence("name at least one ticket and at most {limit}", limit=CHILDREN))
    with person.store.writing() as connection:
        record = _find(connection, problem_id)
        mine = {child.number for child in rows.children_of_problem(connection, problem_id, open_only=True)}
        done = [number for number in dict.fromkeys(numbers) if number in mine]
        for number in done:
            tickets.resolve_within(
                connection, number, actor=person.actor, note=note, now=person.now, fixed_in=record.problem.fixed_in
            )
        _log(connection, person, problem_id, "resolved_children", tickets=" ".join(done), note=note)
    return done


def read_problem(store: Store, problem_id: int) -> ProblemRecord:
    """The problem of that id."""
    with store.reading() as connection:
        return _find(connection, problem_id)


def _find(connection: Connection, problem_id: int) -> ProblemRecord:
    record = rows.find_problem(connection, problem_id)
    if record is None:
        raise TicketRefused(sentence("there is no problem {id}", id=problem_id))
    return record


def _keep(desk: Desk, record: ProblemRecord, **values: object) -> None:
    module, code = record.problem.module, record.problem.code
    kept: Code = desk.books.code(module, code)
    desk.books.keep_code(module, code, replace(kept, problem=replace(record.problem, **values)))


def _log(connection: Connection, person: Person, problem_id: int, kind: str, **detail: str | None) -> None:
    rows.write_event(connection, problem_id, at=person.now, actor=person.actor, kind=kind, detail=detail)


def _noted(note: str) -> str:
    words = note.strip()
    if not words:
        raise TicketRefused(sentence("a text is needed"))
    _check("", words, "")
    return words


def _check(version: str, *texts: str) -> None:
    if len(version) > VERSION_CHARS or any(len(text) > TEXT_CHARS for text in texts):
        raise TicketRefused(sentence("the text has more than {limit} characters", limit=TEXT_CHARS))
