from __future__ import annotations

import pytest

from agent.bundles.text import BLOCK_LINES, LINE_CHARS, NotText, redact_text
from agent.redaction.redactor import Redactor
from agent.settings.redaction import RedactionSettings

REDACTOR = Redactor(RedactionSettings(), b"k" * 32)
IDENTITY = "900101-1234568"


def test_values_are_hidden_wherever_the_blocks_lie() -> None:
    lines = [f"line {number} {IDENTITY}" for number in range(3 * BLOCK_LINES + 7)]
    found = redact_text("\n".join(lines).encode() + b"\n", REDACTOR).decode()
    assert IDENTITY not in found
    assert found.count("\n") == len(lines)
    assert found.startswith("line 0 ")


@pytest.mark.parametrize("start", range(BLOCK_LINES - 14, BLOCK_LINES + 2))
def test_a_private_key_is_hidden_across_the_end_of_a_block(start: int) -> None:
    body = [f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ{number:014d}" for number in range(12)]
    key = ["-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----"]
    text = "\n".join(["quiet"] * start + key + ["quiet"] * 5)
    found = redact_text(text.encode(), REDACTOR).decode()
    assert "MIIEvQ" not in found
    assert found.count("quiet") == start + 5


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_korean_text_is_read_in_its_encoding(encoding: str) -> None:
    found = redact_text(f"환자 비밀번호: 가나다라마 주민번호 {IDENTITY}\n".encode(encoding), REDACTOR).decode()
    assert IDENTITY not in found
    assert "가나다라마" not in found
    assert found.startswith("환자")


def test_chinese_text_is_read_in_its_encoding() -> None:
    assert redact_text("订单失败 数据库\n".encode("gb18030"), REDACTOR)


@pytest.mark.parametrize("raw", [b"a\0b", b"\xff\xff\xff\xff", "text".encode("utf-16")])
def test_what_is_no_text_is_not_redacted(raw: bytes) -> None:
    with pytest.raises(NotText):
        redact_text(raw, REDACTOR)


def test_an_endless_line_is_left_out() -> None:
    found = redact_text(b"a\n" + b"9" * (LINE_CHARS + 1) + b"\nb", REDACTOR).decode()
    assert found == f"a\n[a line of {LINE_CHARS + 1} characters is left out here]\nb"


def test_text_without_values_stays_as_it_is() -> None:
    assert redact_text(b"all is well\r\n\r\nstill\n", REDACTOR) == b"all is well\r\n\r\nstill\n"
    assert redact_text(b"", REDACTOR) == b""
