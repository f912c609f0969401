"""A sentence for a person: an English id with named places, translated where it is shown.

Code that decides never knows the reader's language. It builds a `Sentence`; the command
line or the page that shows it passes its own `gettext`.

>>> str(sentence("{path} cannot be read", path="app.log"))
'app.log cannot be read'
>>> sentence("{path} cannot be read", path="app.log").translated({"{path} cannot be read": "{path} 읽을 수 없음"}.get)
'app.log 읽을 수 없음'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sentence:
    """An English sentence with `{named}` places, and what stands in them."""

    id: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.id.format(**self._texts(None))

    def translated(self, gettext: Callable[[str], str | None]) -> str:
        """The sentence in the language of `gettext`; English where that has no entry."""
        return (gettext(self.id) or self.id).format(**self._texts(gettext))

    def _texts(self, gettext: Callable[[str], str | None] | None) -> dict[str, object]:
        def text(value: object) -> object:
            if isinstance(value, Sentence):
                return value.translated(gettext) if gettext else str(value)
            return value

        return {name: text(value) for name, value in self.values.items()}


def sentence(id_: str, /, **values: object) -> Sentence:
    """Build a `Sentence`; the extractor of message catalogues looks for this name."""
    return Sentence(id_, values)
