"""No page says a word that is not translated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

# A block whose name ends in `attributes` stands inside a tag and is no text.
TAGS = re.compile(
    r"\{%-?\s*block \w*attributes\b.*?endblock\s*-?%\}"
    r"|\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}",
    re.DOTALL,
)
SPOKEN = ("alt", "aria-label", "content", "placeholder", "title", "value")
# words that are the same in every language, or no words
SAME = {"Sitewarden", "width=device-width, initial-scale=1"}


class _Words(HTMLParser):
    """Text and spoken attributes that hold letters."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        is_machine = tag == "meta" and not any(value == "description" for _, value in attrs)
        is_state = tag in {"input", "button", "option", "li", "meter", "progress"}
        for name, value in attrs:
            if name in SPOKEN and not (is_machine and name == "content") and not (is_state and name == "value"):
                self._note(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._note(data)

    def _note(self, text: str) -> None:
        words = " ".join(text.split()).strip("·|/ ")
        if re.search(r"[^\W\d_]", words) and words not in SAME:
            self.found.append(words)


def _words(template: str) -> list[str]:
    parser = _Words()
    parser.feed(TAGS.sub(" ", template))
    return parser.found


def _templates(repository: Path) -> list[Path]:
    return sorted((repository / "collector/console/templates").rglob("*.html"))


def test_pages_say_translated_words_only(repository: Path) -> None:
    assert _templates(repository)
    said = {path.name: words for path in _templates(repository) if (words := _words(path.read_text()))}
    assert said == {}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ _('Hello') }}</p>", []),
        ("<p>{% trans %}Hello{% endtrans %} {# words #}</p>", []),
        ("<img alt='A chart'>", ["A chart"]),
        ("<img alt='{{ _(\"A chart\") }}'>", []),
        ("<p>12 % · —</p><script>let word = 1</script>", []),
        ("<p>{% if x %}gone{% endif %}</p>", ["gone"]),
        ("<input placeholder='name' value='machine'>", ["name"]),
    ],
)
def test_untranslated_words_are_found(template: str, words: list[str]) -> None:
    assert _words(template) == words
