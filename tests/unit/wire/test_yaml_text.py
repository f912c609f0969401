"""Whatever stands in a file, its reader hears where and what; nothing else is ever raised."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from wire.errors import TextRefused
from wire.yaml_text import TEXT_BYTES, mark_of, read_marked, read_placed, read_yaml


class Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=10)]
    level: Annotated[int, Meta(ge=1, le=4)] = 4
    share: Annotated[float, Meta(gt=0, le=100)] = 1
    on: bool = False


class Shape(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    version: str
    rules: list[list[Rule]] = []
    names: dict[str, Annotated[int, Meta(ge=0)]] = {}


def _refused(text: str | bytes) -> str:
    with pytest.raises(TextRefused) as refused:
        read_yaml(text, Shape)
    return str(refused.value)


def test_values_of_every_shape() -> None:
    text = """\
version: 08006
rules:
- - {name: yes, level: 2, share: 0.5, on: true}
  - name: '3'
names: {a: 1, 2: 3}
"""
    shape = read_yaml(text, Shape)
    assert shape.version == "08006"
    assert shape.rules[0] == [Rule(name="yes", level=2, share=0.5, on=True), Rule(name="3")]
    assert shape.names == {"a": 1, "2": 3}


@pytest.mark.parametrize(
    "text", ["version: 1\n", b"version: 1\n", "version: 1", b"\xef\xbb\xbfversion: 1\r\n", '{"version": "1"}']
)
def test_ways_to_write_the_same(text: str | bytes) -> None:
    assert read_yaml(text, Shape) == Shape(version="1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is a mapping of names to values, not nothing"),
        ("[]", "1:1: the file is a mapping of names to values, not a list"),
        ("rules: []\n", "1:1: version is missing"),
        ("version: 1\nrulez: []\n", "2:1: rulez is not known here"),
        ("version: 1\nrules: 5\n", "2:8: rules is a list, not a text"),
        (
            "version: 1\nrules:\n- - {name: a}\n  - {name: b, level: 7}\n",
            "4:22: level is a whole number from 1 (the service is interrupted) to 4 (now and then)",
        ),
        ("version: 1\nrules:\n- - {name: a}\n  - {nam: b}\n", "4:6: nam is not known here"),
        ("version: 1\nrules:\n- - {level: 1}\n", "3:5: name is missing"),
        ("version: 1\nrules:\n- - name: ''\n", "3:11: rules[0][0].name cannot be empty"),
        (
            "version: 1\nrules:\n- - name: a\n    level: high\n",
            "4:12: level is a whole number from 1 (the service is interrupted) to 4 (now and then)",
        ),
        ("version: 1\nrules:\n- - name: a\n    on: yes\n", "4:9: rules[0][0].on is true or false, not a text"),
        ("version: 1\nrules:\n- - {name: a, share: nan}\n", "3:22: rules[0][0].share is too small: it is > 0.0"),
        (
            "version: 1\nrules:\n- - {name: a, share: inf}\n",
            "3:22: rules[0][0].share is too large: it is <= 100.0",
        ),
        ("version: 1\nnames:\n  a: -1\n", "3:3: names[...] is too small: it is >= 0"),
        ("version:\n", "1:9: version is a text, not nothing"),
        ("version: 1\nversion: 2\n", "2:1: the key version stands twice"),
        ("version: [1\n", "2:1: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("version: 'a\n", "2:1: not YAML: found unexpected end of stream"),
        ("version: a: b\n", "1:11: not YAML: mapping values are not allowed here"),
        ("\tversion: 1\n", "1:1: not YAML: found character '\\t' that cannot start any token"),
        ("a: &x 1\nb: *x\n", "2:4: not YAML: aliases are not allowed"),
        ("a: &x [*x]\n", "1:8: not YAML: aliases are not allowed"),
        ("a: {}\nb:\n  <<: {c: 1}\n", "3:3: a key is not a plain word"),
        ("? [a]\n: 1\n", "1:3: a key is not a plain word"),
        ("? {a: 1}\n: 1\n", "1:3: a key is not a plain word"),
        ("!!binary a: 1\n", "1:1: a key is not a plain word"),
        (
            "version: !!python/object/apply:os.system [id]\n",
            "1:10: the tag tag:yaml.org,2002:python/object/apply:os.system",
        ),
        ("version: !!binary aGk=\n", "1:10: the tag tag:yaml.org,2002:binary is not allowed"),
        ("version: !secret a\n", "1:10: the tag !secret is not allowed"),
        ("rules: !!set {a}\n", "1:8: the tag tag:yaml.org,2002:set is not allowed"),
        ("rules: !!omap [a: 1]\n", "1:8: the tag tag:yaml.org,2002:omap is not allowed"),
        ("version: 1\n---\nversion: 2\n", "2:1: not YAML: but found another document"),
        ("version: 1\nx: \x00\n", "2:4: the character U+0000 is not allowed"),
        ("version: \x1b[31m\n", "1:10: the character U+001B is not allowed"),
        ("version: \ud800\n", "1:10: the character U+D800 is not allowed"),
        ('version: "\\ud800"\n', "1:10: half of a surrogate pair is not a character"),
        ('"\\udfff": 1\n', "1:1: half of a surrogate pair is not a character"),
        ('version: "\\UFFFFFFFF"\n', "not YAML: a number in it is too large"),
        (f"%YAML 1.{'9' * 5_000}\n---\nversion: 1\n", "not YAML: a number in it is too large"),
        ("[" * 20_000, "nested too deeply"),
        ("{a: " * 5_000, "nested too deeply"),
        ("- " * 20_000, "nested too deeply"),
        (b"version: \xff\n", "byte 9 is not UTF-8"),
        (b"\xff\xfev\x00", "byte 0 is not UTF-8"),
        (b"\x7fELF\x02\x01\x01", "1:1: the character U+007F is not allowed"),
        ("a" * (TEXT_BYTES + 1), f"the file has more than {TEXT_BYTES} bytes"),
    ],
)
def test_what_is_wrong_and_where(text: str | bytes, said: str) -> None:
    assert _refused(text).startswith(said)


def test_aliases_cannot_multiply_a_file() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "aliases are not allowed" in _refused("\n".join(lines))


def test_an_integer_of_5000_digits() -> None:
    assert "level is wrong" in _refused(f"version: 1\nrules:\n- - {{name: a, level: {'9' * 5_000}}}\n")


@pytest.mark.parametrize(
    "text", ["version: =\n", "version: <<\n", "version: 2026-11-24\n", "version: 0x1F\n", "version: 'null'\n"]
)
def test_a_scalar_stays_the_text_that_stands_there(text: str) -> None:
    assert read_yaml(text, Shape).version == text.removeprefix("version: ").strip().strip("'")


def test_marks_lead_back_to_the_file() -> None:
    value, marks = read_marked("a:\n  - b: 1\n  - c: [2, 3]\n")
    assert value == {"a": [{"b": "1"}, {"c": ["2", "3"]}]}
    assert marks["$.a[1].c[1]"] == (3, 12)
    assert marks["$.a[0].b!"] == (2, 5)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("$.a[0].b", (2, 8)),
        ("$.a[0].none", (2, 5)),
        ("$.a[9].b.c", (2, 3)),
        ("$.none", (1, 1)),
        ("", (0, 0)),
        ("x", (0, 0)),
    ],
)
def test_a_path_that_the_file_lacks_leads_to_its_parent(path: str, place: tuple[int, int]) -> None:
    _, marks = read_marked("a:\n  - b: 1\n")
    assert mark_of(path, marks) == place


def test_the_struct_comes_with_its_marks() -> None:
    shape, marks = read_placed("version: 1\n", Shape)
    assert (shape.version, marks["$.version"]) == ("1", (1, 10))
