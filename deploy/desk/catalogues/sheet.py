"""A catalogue as rows of a sheet, one row a code, and back; pure.

Several entries in one cell stand on lines of their own. A match entry begins with `regex: ` or
`literal: `; a sample of several lines goes on with lines that begin with `CONTINUES`. The cells of
product and version, and of a module's names and probes, may be left empty below the first row that
says them. What is wrong is said cell by cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from wire.catalogue.model import Catalogue, ErrorCode, Pattern, Texts
from wire.complaints import checked_in_words, in_words
from wire.sentence import Sentence, sentence

CONTINUES = "↳ "
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "product": ("제품", "产品"),
    "version": ("버전", "版本"),
    "module": ("모듈", "模块"),
    "module name en": ("모듈명 영어", "模块名 英文"),
    "module name ko": ("모듈명 한국어", "모듈명", "模块名 韩文"),
    "module name zh": ("모듈명 중국어", "模块名 中文", "模块名"),
    "code": ("코드", "오류코드", "오류 코드", "代码", "错误代码", "错误码"),
    "level": ("등급", "장애등급", "장애 등급", "级别", "等级"),
    "title en": ("제목 영어", "标题 英文"),
    "title ko": ("제목 한국어", "제목", "标题 韩文"),
    "title zh": ("제목 중국어", "标题 中文", "标题"),
    "advice en": ("조치 영어", "建议 英文"),
    "advice ko": ("조치 한국어", "조치", "建议 韩文"),
    "advice zh": ("조치 중국어", "建议 中文", "建议"),
    "match": ("패턴", "匹配", "模式"),
    "identity": ("식별자", "标识"),
    "clears by": ("해제코드", "해제 코드", "恢复代码"),
    "samples": ("예시", "样例"),
    "not samples": ("제외 예시", "反例"),
    "probes": ("버전 확인", "版本探测"),
}
_NAMES = {alias.casefold(): name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
_LANGUAGES = ("en", "ko", "zh")
Row = dict[str, str]


class SheetRefused(Exception):
    """The rows are no catalogue; `problems` names each cell."""

    def __init__(self, problems: list[Sentence]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def column_of(head: str) -> str | None:
    """The column that a head means, in English, Korean or Chinese."""
    return _NAMES.get(" ".join(head.replace("_", " ").split()).casefold())


def to_rows(catalogue: Catalogue) -> list[Row]:
    """One row a code; a module without codes has a row of its own."""
    rows: list[Row] = []
    for module in catalogue.modules:
        probes = msgspec.json.encode(module.probes).decode() if module.probes else ""
        base = {"product": catalogue.product, "version": catalogue.version, "module": module.code}
        base |= {**_text_cells("module name", module.name), "probes": probes}
        rows += [{**base, **_cells(error)} for error in module.errors] or [base]
    return [{name: row.get(name, "") for name in COLUMNS} for row in rows]


def _text_cells(name: str, texts: Texts | None) -> Row:
    return {f"{name} {language}": getattr(texts, language, None) or "" for language in _LANGUAGES}


def _cells(error: ErrorCode) -> Row:
    return {
        "code": error.code,
        "level": str(error.level),
        **_text_cells("title", error.title),
        **_text_cells("advice", error.advice),
        "match": "\n".join(_entry(pattern) for pattern in error.match),
        "identity": ", ".join(error.identity),
        "clears by": error.clears_by or "",
        "samples": _joined(error.samples),
        "not samples": _joined(error.not_samples),
    }


def _entry(pattern: Pattern) -> str:
    kind, text = ("regex", pattern.regex) if pattern.regex is not None else ("literal", pattern.literal)
    return f"{kind}: " + (text or "").replace("\n", r"\n")


def _joined(samples: Sequence[str]) -> str:
    """Samples on lines of their own; a first line that looks like a going on is marked with a backslash."""
    return "\n".join(
        ("\\" if sample.lstrip("\\").startswith(CONTINUES.strip()) else "") + sample.replace("\n", "\n" + CONTINUES)
        for sample in samples
    )


def _apart(cell: str) -> list[str]:
    samples: list[str] = []
    for line in cell.split("\n") if cell else []:
        if line.startswith(CONTINUES) and samples:
            samples[-1] += "\n" + line.removeprefix(CONTINUES)
        else:
            marked = line.startswith("\\") and line.lstrip("\\").startswith(CONTINUES.strip())
            samples.append(line[1:] if marked else line)
    return samples


def to_catalogue(rows: Sequence[Row], first: int = 2) -> Catalogue:
    """The catalogue in these rows, the first of which stands in row `first`; `SheetRefused` names every wrong cell."""
    problems: list[Sentence] = []
    modules: dict[str, dict[str, Any]] = {}
    module = ""
    for number, row in enumerate(rows, start=first):
        if not any(row.values()):
            continue
        module = row.get("module") or module
        if not module:
            problems.append(_problem(number, "module", sentence("the first row of a module names it")))
            continue
        owner = modules.setdefault(module, {"code": module, "name": {}, "errors": []})
        owner["name"] = owner["name"] or _texts(row, "module name")
        owner["probes"] = owner.get("probes") or _probes(row, number, problems)
        if any(row.get(name) for name in ("code", "level", "title en", "match", "samples")):
            owner["errors"] += _error(row, number, problems)
    facts = {name: next((row[name] for row in rows if row.get(name)), "") for name in ("product", "version")}
    problems += [_problem(first, name, sentence("it is empty")) for name, value in facts.items() if not value]
    if problems:
        raise SheetRefused(problems)
    return _converted({**facts, "modules": [_named(owner) for owner in modules.values()]})


def _converted(value: dict[str, Any]) -> Catalogue:
    try:
        return msgspec.convert(value, Catalogue)
    except msgspec.ValidationError as error:
        raise SheetRefused([checked_in_words(str(error))]) from error


def _named(owner: dict[str, Any]) -> dict[str, Any]:
    """A module whose name nobody wrote is called as its code."""
    return {**owner, "name": owner["name"] or {"en": owner["code"]}}


def _texts(row: Row, name: str) -> dict[str, str]:
    return {language: row[f"{name} {language}"] for language in _LANGUAGES if row.get(f"{name} {language}")}


def _probes(row: Row, number: int, problems: list[Sentence]) -> list[Any]:
    try:
        found = msgspec.json.decode(row.get("probes") or "[]", type=list[dict[str, str]])
    except msgspec.DecodeError:
        problems.append(_problem(number, "probes", sentence("it is no list of probes")))
        return []
    return list(found)


def _error(row: Row, number: int, problems: list[Sentence]) -> list[dict[str, Any]]:
    """The code of a row; nothing and a problem for each wrong cell when it cannot be one."""
    value: dict[str, Any] = {
        "code": row.get("code", ""),
        "level": _number(row.get("level", "")),
        "title": _texts(row, "title"),
        "match": _patterns(row.get("match", ""), number, problems),
        "identity": [name.strip() for name in row.get("identity", "").split(",") if name.strip()],
        "samples": _apart(row.get("samples", "")),
        "not_samples": _apart(row.get("not samples", "")),
    }
    if advice := _texts(row, "advice"):
        value["advice"] = advice
    if row.get("clears by"):
        value["clears_by"] = row["clears by"]
    found = [_problem(number, *problem) for problem in _wrong_fields(value)]
    problems += found
    return [] if found else [value]


def _wrong_fields(value: dict[str, Any]) -> list[tuple[str, Sentence]]:
    """Each field by itself, so that a row tells all that is wrong with it at once."""
    wrong: list[tuple[str, Sentence]] = []
    for field in msgspec.structs.fields(ErrorCode):
        if field.name not in value:
            continue
        try:
            msgspec.convert(value[field.name], field.type)
        except msgspec.ValidationError as error:
            problem = str(error).partition(" - at `")[0]
            name = {"clears_by": "clears by", "not_samples": "not samples", "title": "title en", "advice": "advice en"}
            wrong.append((name.get(field.name, field.name), in_words(problem, f"$.{field.name}")))
    return wrong


def _number(cell: str) -> int | str:
    text = cell.strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else cell  # noqa: PLR2004  # far beyond any level


def _patterns(cell: str, number: int, problems: list[Sentence]) -> list[dict[str, str]]:
    found = []
    for line in cell.split("\n") if cell.strip() else []:
        kind, apart, text = line.partition(": ")
        if kind not in ("regex", "literal") or not apart:
            words = sentence('each line begins with "regex: " or "literal: "')
            problems.append(_problem(number, "match", words))
        else:
            found.append({kind: text})
    return found


def _problem(row: int, column: str, problem: Sentence) -> Sentence:
    return sentence("row {row}, column {column}: {problem}", row=row, column=column, problem=problem)
