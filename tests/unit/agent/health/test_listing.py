from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.health.listing import ANEW_S, Sent, differences
from tests.builders import NOW
from wire.fingerprint import software_digest
from wire.limits import SOFTWARE
from wire.messages import InventoryDiff, SoftwareKind, decode_record, encode_record

LISTS = st.dictionaries(st.text("abc가", min_size=1, max_size=3), st.text("12.", max_size=4), max_size=8)


def applied(state: dict[str, str], diffs: list[InventoryDiff]) -> dict[str, str]:
    for diff in diffs:
        state = {} if not diff.base else state
        assert not diff.base or diff.base == software_digest(state)
        state = {name: version for name, version in {**state, **diff.present}.items() if name not in diff.gone}
        assert software_digest(state) == diff.digest
    return state


@given(st.lists(LISTS, min_size=1, max_size=6))
def test_differences_lead_from_list_to_list(lists: list[dict[str, str]]) -> None:
    sent, state = Sent(), dict[str, str]()
    for at, wanted in enumerate(lists):
        sent, diffs = differences(SoftwareKind.PACKAGE, sent, wanted, NOW + timedelta(hours=at))
        state = applied(state, diffs)
        assert state == wanted


def test_nothing_new_is_nothing_to_send() -> None:
    sent, first = differences(SoftwareKind.PACKAGE, Sent(), {"a": "1"}, NOW)
    assert len(first) == 1
    assert differences(SoftwareKind.PACKAGE, sent, {"a": "1"}, NOW) == (sent, [])


def test_once_a_week_and_after_a_clock_that_went_back_it_starts_anew() -> None:
    sent, _ = differences(SoftwareKind.PACKAGE, Sent(), {"a": "1"}, NOW)
    for at in (NOW + timedelta(seconds=ANEW_S), NOW - timedelta(days=1)):
        _, diffs = differences(SoftwareKind.PACKAGE, sent, {"a": "1"}, at)
        assert [diff.base for diff in diffs] == [""]


def test_every_piece_is_a_valid_record() -> None:
    wanted = {f"{'p' * 200}{number}": "v" * 2_000 for number in range(2)} | {str(n): "1" for n in range(3 * SOFTWARE)}
    _, diffs = differences(SoftwareKind.PACKAGE, Sent(), wanted, NOW)
    assert len(diffs) == 4
    assert [decode_record(encode_record(diff)) for diff in diffs] == diffs
