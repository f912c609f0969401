from __future__ import annotations

import msgspec
import pytest

from wire.catalogue.model import Catalogue
from wire.complaints import in_words
from wire.errors import TextRefused
from wire.yaml_text import read_yaml

WORDS = {
    ("Expected `int`, got `str`", "$.modules[0].errors[0].level"): "level is a whole number from 1",
    ("Expected `int` >= 1", "$.level"): "level is a whole number from 1",
    ("Expected `str` matching regex '^x'", "$.modules[0].code"): "a code is letters",
    ("Expected `str`, got `array`", "$.product"): "product is a text, not a list",
    (
        "Expected `object`, got `str`",
        "$.modules[1].name",
    ): "modules[1].name is a mapping of names to values, not a text",
    ("Expected `array` of length >= 1", "$.modules"): "modules cannot be empty",
    ("Expected `str` of length <= 500", "$.a.title"): "a.title has more than 500 characters",
    ("Expected `array` of length <= 8", "$.a.identity"): "a.identity has more than 8 entries",
    ("Expected `float` <= 3660.0", "$.days"): "days is too large: it is <= 3660.0",
    ("Expected `float` > 0.0", "$.days"): "days is too small: it is > 0.0",
    ("Expected `str` matching regex '^x'", "$.name"): "name has characters that are not allowed there",
    ("Invalid enum value 'x'", "$.start"): "start cannot be 'x'",
    ("Expected `object`, got `array`", "$"): "the file is a mapping of names to values, not a list",
    ("Something `new`", "$.a"): "a is wrong: Something new",
}


@pytest.mark.parametrize(("problem", "path"), WORDS)
def test_says_what_is_meant(problem: str, path: str) -> None:
    assert str(in_words(problem, path)).startswith(WORDS[problem, path])


def test_the_checker_really_speaks_so() -> None:
    with pytest.raises(TextRefused) as refused:
        read_yaml("product: p\nversion: '1'\nmodules:\n  - code: A\n    name: {en: A}\n    errors:\n"
                  "      - {code: A-1, level: high, title: {en: x}}\n", Catalogue)  # fmt: skip
    (fault,) = refused.value.faults
    assert (fault.line, fault.column) == (7, 28)
    assert "1 (the service is interrupted) to 4" in str(fault.problem)
    with pytest.raises(msgspec.ValidationError, match="Expected `array` of length >= 1"):
        msgspec.convert({"product": "p", "version": "1", "modules": []}, Catalogue)
