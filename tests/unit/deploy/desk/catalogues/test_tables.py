"""Every text reads back equal from CSV and XLSX, and none of them is a formula."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.desk.catalogues.sheet import COLUMNS, SheetRefused, column_of
from deploy.desk.catalogues.tables import CELL_CHARS, decoded, read_csv, read_xlsx, write_csv, write_xlsx

CELLS = st.one_of(st.text(max_size=20), st.text("=+-@'\t\r\n_x0041;, \"\x1b\0＝", max_size=8))  # noqa: RUF001
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELLS)), min_size=1, max_size=2)


@given(ROWS)
def test_reads_back_from_csv(rows: list[dict[str, str]]) -> None:
    assert read_csv(write_csv(rows)) == rows


@settings(max_examples=30)  # a book costs 10 ms
@given(ROWS)
def test_reads_back_from_xlsx(rows: list[dict[str, str]]) -> None:
    rows = [*rows, dict.fromkeys(COLUMNS, "x")]  # empty rows at the end are no rows
    assert read_xlsx(write_xlsx(rows)) == rows


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2026, 5, 3), "is a date"),  # noqa: DTZ001  # a spreadsheet knows no zone
        (5.1, "is a number"),
        ("#REF!", "#REF!"),
    ],
)
def test_what_a_spreadsheet_made_of_a_text_is_refused(value: object, words: str) -> None:
    with pytest.raises(SheetRefused, match=f"B2.*{words}"):
        read_xlsx(book(["code", "version"], ["A-1", value]))


def test_a_whole_number_is_its_digits() -> None:
    assert read_xlsx(book(["code", "level"], [1001, 2.0])) == [{"code": "1001", "level": "2"}]


def test_a_cover_before_the_codes_is_passed_over() -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(["코드"], ["A-1"])))
    made.create_sheet("표지", 0).append(["오류 코드집", None, "2026"])
    content = io.BytesIO()
    made.save(content)
    assert read_xlsx(content.getvalue()) == [{"code": "A-1"}]


def test_cells_that_are_merged_say_it_once() -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(["product", "code"], ["his", "A-1"], [None, "A-2"])))
    made.worksheets[0].merge_cells("A2:A3")
    content = io.BytesIO()
    made.save(content)
    assert read_xlsx(content.getvalue()) == [{"product": "his", "code": "A-1"}, {"product": "", "code": "A-2"}]


def book(*rows: list[object]) -> bytes:
    """A workbook as Excel would save it, with values of its own kinds."""
    made = openpyxl.Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "＝1"])  # noqa: RUF001
def test_no_cell_is_a_formula(text: str) -> None:
    rows = [{**dict.fromkeys(COLUMNS, "x"), "samples": text}]
    (_, row) = csv.reader(io.StringIO(write_csv(rows).decode("utf-8-sig")))
    assert [cell for cell in row if cell == "'" + text] == ["'" + text]
    cell = openpyxl.load_workbook(io.BytesIO(write_xlsx(rows))).worksheets[0].cell(2, [*COLUMNS].index("samples") + 1)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_a_real_formula_is_refused() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["code", "level"])
    book.worksheets[0].append(["A-1", "=1+1"])
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(SheetRefused, match="B2 is a formula"):
        read_xlsx(content.getvalue())


KOREAN = "모듈,코드,등급,제목\nBIL,BIL-1,2,수납을 저장할 수 없음\n"
CHINESE = "模块,代码,级别,标题\nBIL,BIL-1,2,无法保存收费\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949", "gb18030"])
@pytest.mark.parametrize("text", [KOREAN, CHINESE])
def test_excel_saves_in_the_encoding_of_its_windows(text: str, encoding: str) -> None:
    if encoding == ("gb18030" if text is KOREAN else "cp949"):
        return
    raw = text.encode(encoding)
    assert decoded(raw) == text
    assert read_csv(raw)[0]["code"] == "BIL-1"


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_are_seen(mark: str) -> None:
    assert read_csv(KOREAN.replace(",", mark).encode())[0]["module"] == "BIL"


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"", "no column"), (b"a,b\n1,2\n", 'no column "code"'), (b"code,colour\n", "colour"), (b"\x81\xff", "encoding"),
     (b'code\n"x', "not CSV")],
)  # fmt: skip
def test_what_is_no_sheet_is_told(raw: bytes, words: str) -> None:
    with pytest.raises(SheetRefused, match=words):
        read_csv(raw)
    with pytest.raises(SheetRefused, match="not an XLSX"):
        read_xlsx(raw)


def test_a_cell_that_xlsx_cannot_hold_is_told() -> None:
    with pytest.raises(SheetRefused, match="row 2, column samples"):
        write_xlsx([{"samples": "x" * (CELL_CHARS + 1)}])


def test_heads_are_known_in_three_languages() -> None:
    assert {column_of(head) for head in ("Level", "등급", "级别", "clears_by", "Clears  By")} == {"level", "clears by"}
