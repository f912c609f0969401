from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from remediation.executor.journal import DOCUMENT_BYTES, Journal, kept
from wire.proofs import Outcome, Result

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DIGEST = "ab" * 32


def a_result(digest: str = DIGEST, outcome: Outcome = Outcome.DONE) -> Result:
    return Result(digest=digest, outcome=outcome, ended_at=NOW)


def a_journal(folder: Path, now: datetime = NOW) -> Journal:
    return Journal(folder, lambda: now)


def test_the_last_result_of_a_document_is_found_again(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    assert journal.result_of(DIGEST) is None
    journal.intend({"digest": DIGEST})
    assert journal.result_of(DIGEST) is None
    journal.finish(a_result(outcome=Outcome.FAILED))
    journal.finish(a_result(digest="cd" * 32))
    last = journal.finish(a_result())
    assert journal.result_of(DIGEST) == last
    assert last.audit_record == 4
    assert a_journal(tmp_path).result_of(DIGEST) == last


def test_a_refusal_is_no_result(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.refuse(a_result(outcome=Outcome.REFUSED), [b"document"])
    assert journal.result_of(DIGEST) is None


def test_a_finished_intent_is_no_unknown_outcome(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.intend({"digest": DIGEST})
    journal.finish(a_result())
    assert a_journal(tmp_path).unknown_outcomes == 0


def test_an_unfinished_one_is_recorded_once(tmp_path: Path) -> None:
    a_journal(tmp_path).intend({"digest": DIGEST, "ticket": "T-7", "approvers": ["Kim"]})
    journal = a_journal(tmp_path)
    assert journal.unknown_outcomes == 1
    result = journal.result_of(DIGEST)
    assert result is not None
    assert (result.outcome, result.ticket, result.approvers) == (Outcome.UNKNOWN, "T-7", ["Kim"])
    assert a_journal(tmp_path).unknown_outcomes == 0


def test_the_clock_is_compared_with_the_newest_record(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    assert not journal.is_clock_back()
    journal.stop({})
    assert not a_journal(tmp_path, NOW - timedelta(minutes=5)).is_clock_back()
    assert a_journal(tmp_path, NOW - timedelta(minutes=6)).is_clock_back()


def test_documents_are_kept_whole_up_to_a_size() -> None:
    large = b"x" * DOCUMENT_BYTES
    assert [each["document"] for each in kept([b"abc", large, b"d"])] == ["YWJj", "", "ZA=="]
    assert kept([large])[0]["sha256"] == hashlib.sha256(large).hexdigest()
    assert kept([large])[0]["document"]


def test_the_largest_request_can_still_be_recorded(tmp_path: Path) -> None:
    documents = [b"x" * 1_000_000] * 16 + [b"y" * 8_000]
    journal = a_journal(tmp_path)
    assert journal.refuse(a_result(outcome=Outcome.REFUSED), documents).audit_record == 1
    assert journal.intend({"digest": DIGEST, "documents": kept([b"z" * 100_000, *documents])}) == 2
