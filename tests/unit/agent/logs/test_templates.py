from __future__ import annotations

import re

import pytest

from agent.logs import templates
from agent.logs.templates import PIECES_KEPT, fingerprint, pattern_of, template_of
from wire.catalogue.dialect import compile_pattern, find_problem, find_risk
from wire.limits import LINE_CHARS

LINES = {
    "Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user webmaster from 173.234.31.186": (
        "sshd[<*>]: Invalid user <name> from <address>"
    ),
    "2026-11-22 11:40:01 0 [ERROR] InnoDB: Unable to lock ./ibdata1 error: 11": (
        "<*> [ERROR] InnoDB: Unable to lock ./<*> error: <*>"
    ),
    "2026/11/22 11:40:01 [error] 12#12: *7 connect() failed (111: Connection refused) while connecting to upstream": (
        "[error] <*>: *<*> connect() failed (<*>: Connection refused) while connecting to upstream"
    ),
    "22-Nov-2026 11:40:01.123 SEVERE [http-nio-8080-exec-12] org.apache.http2.Core.start refused /opt/app/x.war": (
        "SEVERE [<*>] org.apache.http2.Core.start refused <path>"
    ),
    'ORA-01555: snapshot too old: rollback segment number 9 with name "_SYS9" too small': (
        'ORA-01555: snapshot too old: rollback segment number <*> with name "<*>" too small'
    ),
    "[MY-010914] (HY000) code 1045": "[MY-010914] (HY000) code <*>",
    "2026-11-24 10:00:00.123 KST ERROR: 환자 12345 접수 실패": "ERROR: 환자 <*> 접수 실패",
    "连接10.0.0.1失败": "连接<address>失败",
    "환자번호:123을 찾을 수 없음": "환자번호:<*>을 찾을 수 없음",
    "can't open 'a b.txt' isn't there": "can't open '<*>' isn't there",
    '{"level":"error","msg":"cannot bill","patient":12}': '{"level":"error","msg":"cannot bill","patient":<*>}',
    "lease of aa:bb:cc:dd:ee:ff by gw.example.com. gone": "lease of <address> by <address>. gone",
    "ready at Fri Jun 17 07:07:00 2005 again": "ready at <time> again",
    "<34>Oct 11 22:14:15 mymachine su: failed for user=lonvick tty=/dev/pts/8": "su: failed for user=<name> tty=<path>",
    "fetch https://api.example.com/v1?x=1 failed": "fetch <path> failed",
    "": "",
}


@pytest.mark.parametrize("line", LINES)
def test_masks_what_varies_and_nothing_else(line: str) -> None:
    assert template_of(line) == LINES[line]
    assert template_of(line) == LINES[line]  # from the table of pieces


@pytest.mark.parametrize("line", [line for line in LINES if line])
def test_its_pattern_finds_the_line(line: str) -> None:
    pattern = pattern_of(template_of(line))
    assert find_problem(pattern) is None
    assert find_risk(pattern) is None, pattern
    assert compile_pattern(pattern).search(line), pattern


def test_a_pattern_finds_no_line_of_another_template() -> None:
    for line in LINES:
        others = [template_of(other) for other in LINES if other and other != line]
        assert not [other for other in others if re.search(pattern_of(other), line, re.ASCII)], line


def test_the_same_statement_on_two_hosts_has_one_template() -> None:
    one = template_of("2026-11-24 10:00:00 ERROR billing: claim 17 for /data/a.xml refused by 10.0.0.1")
    two = template_of("2025-01-02 03:04:05 ERROR billing: claim 9001 for /srv/claims/b.xml refused by 192.168.0.20")
    assert one == two
    assert one != template_of("2026-11-24 10:00:00 ERROR billing: claim 17 for /data/a.xml accepted by 10.0.0.1")


def test_of_a_record_the_line_that_tells() -> None:
    trace = 'Traceback (most recent call last):\n  File "x.py", line 3, in <module>\nKeyError: 17\n'
    assert template_of(trace) == "KeyError: <*>"
    assert template_of("ERROR no bill 7\n  at com.example.Bill(Bill.java:3)") == "ERROR no bill <*>"


def test_is_bounded_in_length_and_memory() -> None:
    assert len(template_of("é" * 3 * LINE_CHARS)) == LINE_CHARS
    assert len(template_of('""' * LINE_CHARS)) == LINE_CHARS
    for number in range(2 * PIECES_KEPT):
        template_of(f"piece{number} {'x' * 70}{number}")
    assert len(templates._masked) <= PIECES_KEPT
    assert max(map(len, templates._masked)) <= templates.PIECE_CHARS


def test_a_fingerprint_is_of_product_and_template() -> None:
    assert fingerprint("clinic", "no bill <*>") == fingerprint("clinic", "no bill <*>")
    assert len({fingerprint("clinic", "a"), fingerprint("clinic", "b"), fingerprint("lab", "a")}) == 3
    assert re.fullmatch("[0-9a-f]{32}", fingerprint("clinic", "\udcff"))
