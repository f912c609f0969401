"""Rows are counted in dumps of new and of old programs, whatever stands in the values."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediation.backup.sources.mariadb_dump import PIECE_BYTES, read_dump

END = "\n-- Dump completed\n"


def _read(text: str) -> tuple[dict[str, int], bool]:
    return read_dump(io.BytesIO(text.encode()))


def test_rows_on_lines_of_their_own() -> None:
    text = "CREATE TABLE `a``b` (\n  `x` int\n);\nINSERT INTO `a``b` VALUES\n(1,'(\\n('),\n(2,NULL);\n"
    assert _read(text + "INSERT INTO `a``b` VALUES\n(3,'');\nCREATE TABLE `empty` (\n);" + END) == (
        {"a`b": 3, "empty": 0},
        True,
    )


def test_all_rows_on_one_line() -> None:
    text = "CREATE TABLE `t` (\n);\nINSERT INTO `t` VALUES (1,'),('),(2,'it\\'s),('),(3,0x00);\n"
    assert _read(text + END) == ({"t": 3}, True)


def test_a_row_that_is_longer_than_a_piece() -> None:
    huge = "x" * (3 * PIECE_BYTES)
    assert _read(f"INSERT INTO `t` VALUES\n(1,'{huge}'),\n(2,'(');{END}") == ({"t": 2}, True)
    assert _read(f"INSERT INTO `t` VALUES (1,'{huge}'),(2,'(');{END}") == ({"t": 2}, True)


def test_bodies_of_routines_do_not_count() -> None:
    body = "DELIMITER ;;\nCREATE PROCEDURE `p`()\nCREATE TABLE `not` (a int);\nINSERT INTO `not` VALUES\n(1);\n;;\n"
    assert _read(body + "DELIMITER ;\nCREATE TABLE `t` (\n);" + END) == ({"t": 0}, True)


@pytest.mark.parametrize("text", ["", "-- Dump completed\nINSERT INTO `t` VALUES\n(1);\n", "CREATE TABLE `t` ("])
def test_without_its_last_line_a_dump_is_not_complete(text: str) -> None:
    assert _read(text)[1] is False


@given(st.lists(st.text(alphabet="(),'\\ab\n", max_size=8), min_size=1, max_size=12), st.booleans())
def test_any_texts(values: list[str], is_old: bool) -> None:
    rows = ["('" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "',1)" for value in values]
    text = "INSERT INTO `t` VALUES" + (" " + ",".join(rows) if is_old else "\n" + ",\n".join(rows)) + ";"
    assert _read(text + END) == ({"t": len(values)}, True)
