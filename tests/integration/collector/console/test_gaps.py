"""What a host could not read stands on its site's page: cause, first byte, size and both times."""

from __future__ import annotations

from typing import Protocol

import httpx


class Console(Protocol):
    def logged_in(self, name: str = "jh") -> httpx.Client: ...


def test_a_gap_on_the_page_of_its_site(console: Console) -> None:
    with console.logged_in() as client:
        page = client.get("/sites/daejeon", headers={"accept-language": "en"}).text
    part = page.split('id="h-gap"')[1].split("</section>")[0]
    assert "1,234,567" in part
    assert "4.1 MB" in part
    assert part.count("<time") >= 3
