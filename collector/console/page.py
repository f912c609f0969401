"""Rendering: Jinja templates, the reader's words, the frame around every page.

Templates escape everything. Values that are markup already (`Markup`) come only from `Wording`
and from macros, never from a host or a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from collector.auth.model import User, Visitor
from collector.console.evidence import output_lines, pieces
from collector.console.language import OWN_NAMES, pick_language
from collector.console.wording import Wording
from collector.patches.words import PROGRESS_WORDS, STATE_WORDS, reason_words, step_words
from collector.relay.progress import states_told
from collector.relay.requests.words import obstacle_words, state_words

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEMES = ("", "light", "dark")  # empty: as the system is set
THEME_COOKIE = "sitewarden_theme"

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@lru_cache
def static_address(name: str) -> str:
    """The address of a static file, with its digest: it may be cached for ever, and a new one is fetched."""
    content = (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def quoted(text: str) -> Markup:
    """Text of a host or a person with boxed marks in place of characters that would act."""
    box = Markup('<span class="esc">{}</span>')
    return Markup("").join(box.format(piece.text) if piece.is_mark else piece.text for piece in pieces(text))


def told(text: str) -> Markup:
    """`quoted`, with line ends left to the style sheet: what a person wrote in a field of several lines."""
    return Markup("\n").join(quoted(line) for line in text.replace("\r\n", "\n").split("\n"))


_environment.globals["static"] = static_address
_environment.filters["quoted"] = quoted
_environment.filters["told"] = told
_environment.filters["output_lines"] = output_lines
_environment.globals["state_words"] = state_words
_environment.globals["obstacle_words"] = obstacle_words
_environment.globals["patch_states"] = STATE_WORDS
_environment.globals["patch_progress"] = PROGRESS_WORDS
_environment.globals["patch_reason"] = reason_words
_environment.globals["patch_step"] = step_words
_environment.globals["states_told"] = states_told
_environment.globals["OWN_NAMES"] = OWN_NAMES


@dataclass(frozen=True)
class Reader:
    """For whom a page is rendered."""

    visitor: Visitor | None
    words: Wording
    theme: str
    quiet: int  # faults that are held back now
    is_fragment: bool  # htmx asked for the live part alone


def reader_of(request: Request, now: datetime) -> Reader:
    """The reader of this request, logged in or not."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    chosen = visitor.user.language if visitor else ""
    theme = request.cookies.get(THEME_COOKIE, "")
    return Reader(
        visitor=visitor,
        words=Wording(pick_language(chosen, request.headers.get("accept-language", "")), now),
        theme=theme if theme in THEMES else "",
        quiet=request.app.state.quiet() if visitor else 0,
        is_fragment="hx-request" in request.headers,
    )


def user_of(request: Request) -> User:
    """The user; the gate lets nobody else reach a page that asks."""
    return visitor_of(request).user


def visitor_of(request: Request) -> Visitor:
    """The visitor; the gate lets nobody else reach a page that asks."""
    visitor = request.state.visitor
    assert isinstance(visitor, Visitor)  # noqa: S101  # the gate's promise
    return visitor


def form_of(request: Request) -> Mapping[str, str]:
    """The fields of the posted form; the gate has read and checked it."""
    form: Mapping[str, str] = request.state.form
    return form


def render(reader: Reader, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page, or its live part alone when htmx asked."""
    words = reader.words
    html = _environment.get_template(template).render(
        reader=reader,
        words=words,
        _=words.text,
        user=reader.visitor.user if reader.visitor else None,
        csrf=reader.visitor.csrf if reader.visitor else "",
        frame="fragment.html" if reader.is_fragment else "frame.html",
        **context,
    )
    return HTMLResponse(html, status, {"content-language": words.language, "vary": "HX-Request"})
