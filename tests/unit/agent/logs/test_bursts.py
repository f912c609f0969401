from __future__ import annotations

from datetime import timedelta

from agent.logs.bursts import Bursts, Key, clip, clip_field, clip_line, clip_record, find_opposites
from tests.builders import NOW, an_event
from tests.fakes.logs import CATALOGUE
from wire.catalogue import read_catalogue
from wire.limits import FIELD_CHARS, LINE_CHARS, RECORD_CHARS
from wire.messages import Event, decode_record, encode_record

FAULT: Key = ("BIL", "TIMEOUT", (), False)
CLEAR: Key = ("BIL", "BACK", (), False)


def put(bursts: Bursts, key: Key, text: str = "x", *, second: int = 0) -> None:
    at = NOW + timedelta(seconds=second)
    if not bursts.fold(key, at, text):
        bursts.start(key, an_event(code=key[1], module=key[0], text=text, occurred_at=at))


def folded(bursts: Bursts) -> list[tuple[str, int]]:
    return [(event.code, event.count) for event in bursts.events()]


def test_a_thousand_equal_events_are_one() -> None:
    bursts = Bursts({})
    for second in range(1_000):
        put(bursts, FAULT, f"text {second % 7}", second=second)
    (event,) = bursts.events()
    assert (event.count, event.first_at, event.last_at) == (1_000, NOW, NOW + timedelta(seconds=999))
    assert (event.occurred_at, event.text, event.samples) == (NOW, "text 0", ["text 1", "text 2", "text 3"])


def test_times_out_of_order_span_the_burst() -> None:
    bursts = Bursts({})
    for second in (5, 2, 9):
        put(bursts, FAULT, second=second)
    (event,) = bursts.events()
    assert (event.first_at, event.last_at) == (NOW + timedelta(seconds=2), NOW + timedelta(seconds=9))


def test_other_values_are_other_events() -> None:
    bursts = Bursts({})
    keys: list[Key] = [FAULT, ("LAB", "TIMEOUT", (), False), ("BIL", "TIMEOUT", (("queue", "7"),), False)]
    for key in [*keys, ("BIL", "TIMEOUT", (), True), *keys]:
        put(bursts, key)
    assert [event.count for event in bursts.events()] == [2, 2, 2, 1]


def test_nothing_is_folded_past_what_contradicts_it() -> None:
    opposites = find_opposites(read_catalogue(CATALOGUE)[0])
    bursts = Bursts(opposites)
    for key in (FAULT, FAULT, CLEAR, CLEAR, FAULT, FAULT, FAULT):
        put(bursts, key)
    assert folded(bursts) == [("TIMEOUT", 2), ("BACK", 2), ("TIMEOUT", 3)]
    assert opposites == {("BIL", "TIMEOUT"): {"BACK"}, ("BIL", "BACK"): {"TIMEOUT"}}


def test_what_is_cut_fits_and_is_marked() -> None:
    for cut, limit in ((clip_record, RECORD_CHARS), (clip_line, LINE_CHARS), (clip_field, FIELD_CHARS)):
        assert cut("가" * limit) == "가" * limit
        assert len(cut("가" * (limit + 1))) == limit
        assert cut("가" * (limit + 1)).endswith(" …")
    assert clip("abcdef", 5) == "abc …"


def test_the_largest_burst_still_crosses_the_wire() -> None:
    bursts = Bursts({})
    for size in range(5):
        put(bursts, FAULT, clip_record("류" * (RECORD_CHARS + size)) + str(size))
    event = bursts.events()[0]
    fitting = an_event(text=clip_record(event.text), samples=event.samples)
    assert isinstance(decode_record(encode_record(fitting)), Event)
