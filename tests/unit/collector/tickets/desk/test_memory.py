"""The heap of what is due."""

from __future__ import annotations

from collector.tickets.desk.memory import MemoryBooks
from collector.tickets.desk.model import Site
from collector.tickets.desk.port import DueKind
from tests.fakes.desk_story import at


def test_what_was_put_off_is_due_once_and_later() -> None:
    books = MemoryBooks()
    books.keep_site("a", Site(), at(10))
    books.keep_site("a", Site(), at(20))
    assert books.next_due(at(15)) is None
    due = books.next_due(at(20))
    assert due is not None
    assert (due.kind, due.key, due.at) == (DueKind.SITE, "a", at(20))
    assert books.next_due(at(100)) is None


def test_the_earliest_comes_first_and_ties_in_the_order_they_came() -> None:
    books = MemoryBooks()
    for site, seconds in (("b", 5), ("a", 5), ("c", 1)):
        books.keep_site(site, Site(), at(seconds))
    order = [due.key for _ in range(3) if (due := books.next_due(at(10))) is not None]
    assert order == ["c", "b", "a"]


def test_what_is_no_longer_due_never_comes() -> None:
    books = MemoryBooks()
    books.keep_site("a", Site(), at(10))
    books.keep_site("a", Site(), None)
    assert books.next_due(at(100)) is None


def test_modules_know_who_depends_on_them() -> None:
    books = MemoryBooks({"billing": ["database", "network"], "orders": ["database"]})
    assert books.downstream("database") == ("billing", "orders")
    assert books.upstream("billing") == ("database", "network")
    assert books.downstream("billing") == books.upstream("database") == ()
