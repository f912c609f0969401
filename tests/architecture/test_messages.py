"""Everything that a program can say stands in its .po files, translated, with the same places."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from deploy import messages
from deploy.build_locale import compile_catalogues

CASES = [(program, language) for program in messages.PROGRAMS for language in messages.LANGUAGES]
PACKAGES = ("wire", "terminal", "remediation", "agent", "collector")


def _id(case: object) -> str:
    return case.locale.partition("/")[0] if isinstance(case, messages.Program) else str(case)


def _stored(repository: Path, program: messages.Program, language: str) -> Catalog:
    return messages.load(messages.po_path(repository, program, language), language)


@pytest.mark.parametrize(("program", "language"), CASES, ids=_id)
def test_extraction_is_up_to_date(repository: Path, program: messages.Program, language: str) -> None:
    said = {message.id for message in messages.extract(repository, program) if message.id}
    stored = {message.id for message in _stored(repository, program, language) if message.id}
    assert said
    assert (sorted(map(str, said - stored)), sorted(map(str, stored - said))) == ([], []), "run `make messages`"


@pytest.mark.parametrize(("program", "language"), CASES, ids=_id)
def test_everything_is_translated(repository: Path, program: messages.Program, language: str) -> None:
    assert messages.missing(_stored(repository, program, language)) == []


def _texts(text: object) -> list[str]:
    return [str(part) for part in text] if isinstance(text, tuple | list) else [str(text)]


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("program", "language"), CASES, ids=_id)
def test_translations_have_the_places_of_their_ids(repository: Path, program: messages.Program, language: str) -> None:
    for message in _stored(repository, program, language):
        if not message.id or "python-format" in message.flags:
            continue
        places = set().union(*(_places(id_) for id_ in _texts(message.id)))
        assert [text for text in _texts(message.string) if _places(text) != places] == [], message.id
        assert not message.check(), message.id


@pytest.mark.parametrize(("program", "language"), CASES, ids=_id)
def test_the_file_is_written_as_the_tool_writes_it(repository: Path, program: messages.Program, language: str) -> None:
    path = messages.po_path(repository, program, language)
    assert path.read_bytes() == messages.po_bytes(messages.updated(repository, program, language)), (
        "run `make messages`"
    )


def test_it_compiles(repository: Path, tmp_path: Path) -> None:
    for program, language in CASES:
        target = messages.po_path(tmp_path, program, language)
        target.parent.mkdir(parents=True)
        target.write_bytes(messages.po_path(repository, program, language).read_bytes())
    assert len(compile_catalogues(tmp_path)) == len(CASES)


def _built_sentences(path: Path) -> list[str]:
    """Calls of `sentence` that the extractor cannot see: the id is no literal, or the call stands in an f-string."""
    tree = ast.parse(path.read_text())
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    unseen = {id(call) for text in formatted for call in ast.walk(text)}
    return [
        f"{path.name}:{call.lineno}"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "sentence"
        and (id(call) in unseen or not (call.args and _is_text(call.args[0])))
    ]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_sentence_is_a_literal(repository: Path) -> None:
    sources = [path for package in PACKAGES for path in sorted((repository / package).rglob("*.py"))]
    assert [place for path in sources for place in _built_sentences(path)] == []


def test_a_built_sentence_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text('sentence("fine")\nsentence(f"{x} is not")\nsentence(name)\nsentence()\nf"{sentence(str())}"\n')
    assert _built_sentences(path) == ["a.py:2", "a.py:3", "a.py:4", "a.py:5"]


def test_said_but_not_stored_is_found(tmp_path: Path) -> None:
    program = messages.Program("agent/locale", ("agent",))
    (tmp_path / "agent/templates").mkdir(parents=True)
    (tmp_path / "agent/a.py").write_text('sentence("one {place}", place=1)\n')
    (tmp_path / "agent/templates/b.html").write_text("{{ _('two') }}{% trans %}three{% endtrans %}")
    assert {message.id for message in messages.extract(tmp_path, program) if message.id} == {
        "one {place}",
        "two",
        "three",
    }
    assert sorted(messages.missing(messages.updated(tmp_path, program, "ko"))) == ["one {place}", "three", "two"]
