from __future__ import annotations

from typing import Any

import msgspec
import pytest

from deploy.desk.asking.progress import OUTPUT_LINES, UNDER_WAY, Progress, exit_code, news, output_of, read_progress


def a_progress(*states: str, over: bool = True, output: str = "", obstacle: str = "") -> Progress:
    hosts: list[dict[str, Any]] = [
        {
            "agent": f"a{at}", "hostname": f"his-{at}", "state": state, "obstacle": obstacle,
            "result": {"output": output, "exit_code": 0},
        }
        for at, state in enumerate(states)
    ]  # fmt: skip
    return read_progress(
        {
            "id": "b", "site": "s", "product": "p", "action": "a", "parameters": {}, "reason": "r",
            "is_draft": False, "is_over": over, "hosts": hosts, "more": "ignored",
        }
    )  # fmt: skip


def test_exit_codes() -> None:
    assert exit_code(a_progress("done", "done")) == 0
    assert exit_code(a_progress("done", "failed")) == 1
    assert exit_code(a_progress("done", "waiting", over=False)) == UNDER_WAY


def test_each_standing_is_told_once() -> None:
    told: dict[str, str] = {}
    assert [str(words) for words in news(a_progress("sent", "sent"), told)] == [
        "his-0: signed and sent",
        "his-1: signed and sent",
    ]
    assert [str(words) for words in news(a_progress("sent", "burning"), told)] == ["his-1: burning"]
    assert list(news(a_progress("sent", "burning"), told)) == []


def test_what_is_in_the_way_is_said_in_words() -> None:
    (known,) = a_progress("waiting", obstacle="no_approval").hosts
    (newer,) = a_progress("waiting", obstacle="moon\n").hosts
    progress = a_progress("waiting")
    said = [
        str(words) for host in (known, newer) for words in news(msgspec.structs.replace(progress, hosts=[host]), {})
    ]
    assert said == ["his-0: waiting: the customer has not approved it yet", "his-0: waiting: moon\\n"]


def test_outputs_hold_no_terminal_sequences_and_end() -> None:
    (host,) = a_progress("done", output="\x1b[31mred\x1b[0m\r\n\x1b]0;title\x07two\n").hosts
    assert output_of(host) == ["red", "two"]
    (long,) = a_progress("done", output="x\n" * 999).hosts
    assert output_of(long)[OUTPUT_LINES:] == [f"... {999 - OUTPUT_LINES}"]
    (silent,) = a_progress("done").hosts
    assert output_of(silent) == []


@pytest.mark.parametrize("said", [None, [], {}, {"id": 1}])
def test_what_is_no_request(said: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_progress(said)


def test_foreign_names_begin_no_line_of_their_own() -> None:
    progress = a_progress("done")
    hostile = msgspec.structs.replace(progress.hosts[0], hostname="a\nhis-9: done\x1b[2J", state="x\ny")
    (line,) = news(msgspec.structs.replace(progress, hosts=[hostile]), {})
    assert str(line) == "a\\nhis-9: done\\x1b[2J: x\\ny"
