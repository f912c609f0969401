"""R6: the same code at many sites within minutes is one problem; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from collector.settings.model import Rules
from collector.tickets.desk.model import Code, Problem, ProblemState, SiteAt
from collector.tickets.desk.port import About


def is_gathering(code: Code, at: datetime, rules: Rules) -> bool:
    """Whether the code has a problem that its tickets belong to."""
    problem = code.problem
    if problem is None or problem.state is not ProblemState.SUSPECTED:
        return False
    return at <= problem.last_at + timedelta(seconds=rules.problem_quiet_s)


def with_ticket(code: Code, site: str, ticket: int | None, at: datetime, rules: Rules) -> Code:
    """The code after a ticket of it opened, or opened again, at a site.

    Of the sites as many are kept as make a problem: more of them would say no more, and a fault of the whole
    fleet is read and written for each of its tickets.
    """
    oldest = at - timedelta(seconds=rules.fleet_window_s)
    recent = [each for each in code.recent if each.at >= oldest and each.site != site]
    code = replace(code, recent=(*recent, SiteAt(at, site, ticket))[-rules.fleet_sites :])
    if code.problem is None or not is_gathering(code, at, rules):
        return code
    return replace(code, problem=_with_sites(code.problem, [site], at))


def is_problem_due(code: Code, at: datetime, rules: Rules) -> bool:
    """Whether a problem begins now."""
    return not is_gathering(code, at, rules) and len(code.recent) >= rules.fleet_sites


def with_problem(
    code: Code, about: About, sites: Sequence[str], state: ProblemState, at: datetime, new_id: Callable[[], int]
) -> Code:
    """The code with a problem at these sites; one that it has is opened again."""
    old = code.problem
    if old is None:
        old = Problem(new_id(), about.module, about.code, state, (), since=at, last_at=at)
    return replace(code, problem=_with_sites(replace(old, state=state), sites, at))


def _with_sites(problem: Problem, sites: Sequence[str], at: datetime) -> Problem:
    known = dict.fromkeys([*problem.sites, *sites])
    return replace(problem, sites=tuple(known), last_at=at)
