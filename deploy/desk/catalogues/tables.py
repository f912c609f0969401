"""Rows of a sheet as CSV or XLSX bytes, and back; pure.

A cell that begins with `= + - @`, a tab or a line end could be taken for a formula by the program that
opens it: in CSV it gets an apostrophe in front, in XLSX it is stored as text and marked so. Reading takes
the mark away, so every text reads back equal. Control characters are written `_x001B_`, as XLSX does.

CSV comes from Excel in the encoding of the author's Windows. UTF-8 (with or without BOM) and UTF-16 are
certain; of CP949 and GB18030 the one is taken in which the text is of that language: Chinese read as
CP949 is full of Hanja or does not decode, Korean read as CP949 is Hangul.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from deploy.desk.catalogues.sheet import COLUMNS, Row, SheetRefused, column_of
from wire.sentence import Sentence, sentence

CELL_CHARS = 32_767  # what a cell of XLSX holds
ROWS = 20_000
_FORMULA = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001  # full-width ones are taken for formulas in East Asian locales
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_")
_WRITTEN = re.compile(r"_x(?P<number>[0-9A-Fa-f]{4})_")
_HANJA_SHARE = 0.05


def write_csv(rows: Sequence[Row]) -> bytes:
    """UTF-8 with BOM, so that Excel sees it is UTF-8; commas, CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([[_guarded(_written(row.get(name, ""))) for name in COLUMNS] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def read_csv(raw: bytes) -> list[Row]:
    """The rows below the head; `SheetRefused` when there is no head that is known."""
    text = decoded(raw)
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise SheetRefused([sentence("not CSV: {reason}", reason=str(error))]) from error
    return _named([[_read(_unguarded(cell)) for cell in line] for line in lines])


def decoded(raw: bytes) -> str:
    """The text of a CSV file in the encoding that it is in."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    for encoding in ("cp949", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030" or _is_korean(text):
            return text
    raise SheetRefused([sentence("the encoding is not UTF-8, UTF-16, CP949 or GB18030; save it as CSV UTF-8")])


def _is_korean(text: str) -> bool:
    foreign = [char for char in text if not char.isascii()]
    hanja = sum("\u4e00" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" for char in foreign)
    return hanja <= _HANJA_SHARE * len(foreign)


def write_xlsx(rows: Sequence[Row]) -> bytes:
    """One sheet; every cell is text."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101  # a new book has a sheet
    for number, values in enumerate([dict(zip(COLUMNS, COLUMNS, strict=True)), *rows], start=1):
        for place, name in enumerate(COLUMNS, start=1):
            text = _written(values.get(name, ""))
            if len(text) > CELL_CHARS:
                words = sentence(
                    "row {row}, column {column}: more than {limit} characters",
                    row=number,
                    column=name,
                    limit=CELL_CHARS,
                )
                raise SheetRefused([words])
            if text:
                cell = sheet.cell(number, place)
                cell.value = text
                cell.data_type = "s"  # never a formula, whatever it begins with
                cell.quotePrefix = text[0] in _FORMULA
                cell.font = Font(bold=number == 1)
    sheet.freeze_panes = "A2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read_xlsx(raw: bytes) -> list[Row]:
    """The rows of the first sheet that has codes; what a spreadsheet made of a text (a formula, a date) is refused."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(raw))
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise SheetRefused([sentence("not an XLSX file: {reason}", reason=str(error))]) from error
    sheets = book.worksheets  # the first may be a cover
    sheet = next((each for each in sheets if any(column_of(str(cell.value)) == "code" for cell in each[1])), sheets[0])
    lines: list[list[str]] = []
    for number, cells in enumerate(sheet.iter_rows(max_row=min(sheet.max_row, ROWS + 2)), start=1):
        if problems := [problem for cell in cells if (problem := _not_text(cell)) is not None]:
            raise SheetRefused(problems[:1])
        lines.append([_text(cell.value) for cell in cells])
        if number > ROWS:
            raise SheetRefused([sentence("more than {limit} rows", limit=ROWS)])
    return _named(lines)


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else _read(str(value))


def _not_text(cell: Any) -> Sentence | None:
    """Why the text that somebody wrote into this cell is not what the file holds."""
    place = {"cell": cell.coordinate}
    if cell.data_type == "f":
        return sentence("cell {cell} is a formula; write it as text", **place)
    if cell.data_type == "d":
        return sentence("cell {cell} is a date; write it as text (a version 5.3 becomes the third of May)", **place)
    if cell.data_type == "e":
        return sentence("cell {cell} shows an error of the spreadsheet: {value}", **place, value=cell.value)
    if isinstance(cell.value, float) and not cell.value.is_integer():
        return sentence("cell {cell} is a number; write it as text (5.10 is 5.1 as a number)", **place)
    return None


def _named(lines: list[list[str]]) -> list[Row]:
    heads = [column_of(head) for head in lines[0]] if lines else []
    if "code" not in heads:
        known = ", ".join(COLUMNS)
        raise SheetRefused([sentence('the first row has no column "code"; the columns are: {known}', known=known)])
    unknown = [head for head, name in zip(lines[0], heads, strict=True) if name is None and head.strip()]
    if unknown:
        raise SheetRefused([sentence("there is no column {name}", name=unknown[0])])
    if len(lines) > ROWS:
        raise SheetRefused([sentence("more than {limit} rows", limit=ROWS)])
    return [{name: cell for name, cell in zip(heads, line, strict=False) if name is not None} for line in lines[1:]]


def _guarded(text: str) -> str:
    return "'" + text if text[:1] and text[0] in _FORMULA + "'" else text


def _unguarded(text: str) -> str:
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in _FORMULA + "'" else text


def _written(text: str) -> str:
    return _CONTROL.sub(lambda match: "".join(f"_x{ord(char):04X}_" for char in match[0][:1]) + match[0][1:], text)


def _read(text: str) -> str:
    return _WRITTEN.sub(lambda match: chr(int(match["number"], 16)), text)
