"""What a mail says: in three languages, on one line in the head, and nothing of the log."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collector.notify.model import About, KnownError
from collector.notify.wording import CAUSES, SUBJECT_CHARS, Wording, cause_text, one_line
from collector.tickets.desk.model import NoticeCause
from wire.catalogue.model import Texts

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ABOUT = About(
    site_id="seoul",
    site_name="서울병원",
    customer="한빛",
    zone="Asia/Seoul",
    ticket_id=1,
    number="2026-000001",
    level=1,
    title=Texts(en="Payments cannot be stored", ko="수납을 저장할 수 없음"),
    module="BIL",
    code="BIL-1001",
    clock_start_at=NOW,
)


def test_every_cause_of_the_rules_has_words() -> None:
    assert {cause.value for cause in NoticeCause} <= set(CAUSES)
    assert str(cause_text("of_another_version")) == "Something has changed."


def test_a_page_in_english() -> None:
    letter = Wording("en", "https://desk.example/").letter("page", "opened", ABOUT, NOW)
    assert letter.subject == "[Level 1] 서울병원: Payments cannot be stored (2026-000001)"
    assert "Since: 2026-11-24 10:00 (Asia/Seoul)" in letter.text
    assert letter.text.endswith("https://desk.example/tickets/2026-000001\n")


@pytest.mark.parametrize("language", ["ko", "zh-Hans"])
def test_other_languages_have_their_own_words(language: str) -> None:
    english = Wording("en", "https://d.example").letter("page", "opened", ABOUT, NOW)
    letter = Wording(language, "https://d.example").letter("page", "opened", ABOUT, NOW)
    assert letter.text.splitlines()[0] != english.text.splitlines()[0]
    assert ("수납을" if language == "ko" else "Payments") in letter.subject


def test_a_customer_gets_no_address_of_the_console() -> None:
    text = Wording("en", "https://desk.example").letter("customer", "opened", ABOUT, NOW).text
    assert text.startswith("We have noticed a fault")
    assert "desk.example" not in text


def test_a_problem_has_a_number_and_a_code() -> None:
    about = About(problem_id=7, module="BIL", code="BIL-1001")
    letter = Wording("en", "https://d.example").letter("page", "problem_suspected", about, NOW)
    assert letter.subject == "Problem 7: BIL BIL-1001"


def test_a_digest_names_some_and_counts_the_others() -> None:
    letter = Wording("en", "https://d.example").digest([(NOW, "opened", ABOUT)], 3)
    assert letter.subject == "4 messages"
    assert "- 2026-11-24 10:00 (Asia/Seoul) 2026-000001" in letter.text
    assert "... and 3 more" in letter.text


@pytest.mark.parametrize("text", ["a\r\nBcc: b@x", "a\nb", "a\x00b", "a\x85b", "a\u2028b", "a\u202eb", "a\ud800b"])
def test_a_header_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_a_header_is_not_too_long() -> None:
    assert len(one_line("a" * 10_000)) == SUBJECT_CHARS


def test_known_errors_say_until_when_they_are_put_off() -> None:
    def told(until: datetime | None, language: str = "en") -> str:
        known = KnownError("seoul", "서울병원", "한빛", "Asia/Seoul", "BIL", "BIL-1", 2, 7, NOW, until)
        return Wording(language, "https://d.example/").known_errors([known], 3, NOW, "UTC").text

    assert "7 times since 2026-11-24 10:00 (Asia/Seoul); put off until 2026-12-01 09:00" in told(
        datetime(2026, 12, 1, tzinfo=UTC)
    )
    assert "the patch was declined" in told(datetime(9_999, 1, 1, tzinfo=UTC))
    assert "has not got the cure" in told(None)
    assert "and 3 more" in told(None)
    assert told(None).endswith("https://d.example/quiet\n")
    for language in ("ko", "zh-Hans"):
        assert not set(told(None, language).splitlines()) & set(told(None).splitlines()) - {
            "",
            "- 서울병원 (한빛): BIL BIL-1",
            "https://d.example/quiet",
        }


def test_a_digest_links_every_ticket_and_a_problem_its_page() -> None:
    problem = About(problem_id=7, module="BIL", code="BIL-1001")
    letter = Wording("en", "https://d.example").digest(
        [(NOW, "settled", ABOUT), (NOW, "problem_suspected", problem)], 0
    )
    assert "  https://d.example/tickets/2026-000001\n" in letter.text
    assert "  https://d.example/problems/7\n" in letter.text
    page = Wording("en", "https://d.example").letter("page", "problem_suspected", problem, NOW)
    assert page.text.endswith("https://d.example/problems/7\n")
