"""The reader's own page: language, theme, API tokens, log out."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from collector.auth import service
from collector.auth.errors import AccountRefused
from collector.console.cookies import Cookies
from collector.console.page import THEME_COOKIE, THEMES, form_of, reader_of, render, user_of
from collector.parts import Parts


def me_routes(router: APIRouter, parts: Parts, cookies: Cookies) -> None:
    """`/me`, `/me/tokens/{id}/revoke`. The language belongs to the account, the theme to this browser."""

    @router.get("/me")
    def show(request: Request) -> Response:
        tokens = service.list_tokens(parts.store, user_of(request).name, now=parts.now())
        reader = reader_of(request, parts.now())
        return render(reader, "me.html", languages=service.LANGUAGES, themes=THEMES, tokens=tokens)

    @router.post("/me/tokens/{token_id}/revoke")
    def revoke(request: Request, token_id: str) -> Response:
        try:
            service.revoke_token(parts.store, user_of(request).name, token_id)
        except AccountRefused:
            raise HTTPException(404) from None
        return RedirectResponse("/me", 303)

    @router.post("/me")
    def save(request: Request) -> Response:
        form = form_of(request)
        theme = form.get("theme", "")
        if theme not in THEMES:
            raise HTTPException(400)
        try:
            service.set_language(parts.store, user_of(request), form.get("language", ""))
        except AccountRefused:
            raise HTTPException(400) from None
        return cookies.remember(RedirectResponse("/me", 303), THEME_COOKIE, theme)
