from __future__ import annotations

import io

from agent.log import PER_MINUTE, set_up_log


def test_plain_lines_from_a_level_on() -> None:
    out = io.StringIO()
    log = set_up_log("warning", monotonic=lambda: 0.0, out=out)
    log.info("quiet")
    log.warning("%s is full", "it")
    assert out.getvalue() == "WARNING MainThread: it is full\n"


def test_a_text_that_repeats_is_cut_off_for_a_minute() -> None:
    out, clock = io.StringIO(), [0.0]
    log = set_up_log("info", monotonic=lambda: clock[0], out=out)
    for _ in range(1_000):
        log.info("again")
    log.info("else")
    lines = out.getvalue().splitlines()
    assert len(lines) == PER_MINUTE + 1
    assert "no more of this" in lines[PER_MINUTE - 1]
    clock[0] = 61.0
    log.info("again")
    assert out.getvalue().splitlines()[-1] == "INFO MainThread: again"


def test_an_unknown_level_is_the_default() -> None:
    out = io.StringIO()
    log = set_up_log("loud", monotonic=lambda: 0.0, out=out)
    log.info("seen")
    log.debug("not seen")
    assert out.getvalue().count("\n") == 1
