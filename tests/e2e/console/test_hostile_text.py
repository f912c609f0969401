"""Whatever a host, a log or a person wrote is shown as text: 50 payloads in every place, none runs."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from playwright.sync_api import Page, expect

from collector.parts import Parts
from collector.tickets import service
from tests.fakes.seeded_console import Seeds

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

RUN = "window.ran=(window.ran||0)+1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</noscript><script>{RUN}</script>",
    f"</template><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f"<body onload={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src=javascript:{RUN}></iframe>",
    f"<object data=javascript:{RUN}></object>",
    f"<embed src=javascript:{RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"javascript:{RUN}",
    f"<form action=javascript:{RUN}><button>x</button></form>",
    f"<input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<style>@import 'javascript:{RUN}';</style>",
    f"<link rel=stylesheet href=javascript:{RUN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    "<base href=https://evil.example/>",
    f"<div hx-on:load='{RUN}' hx-trigger=load>",
    f"<div hx-get=/me hx-trigger=load hx-on::after-request='{RUN}'>",
    f"<div data-hx-get=/me data-hx-trigger='load[{RUN}]'>",
    f"<div hx-vals='js:x:{RUN}'>",
    "<form hx-post=/logout hx-trigger=load></form>",
    f"{{{{ {RUN} }}}}",
    "{{ 7*7 }}{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e",
    f"<scr\x00ipt>{RUN}</scr\x00ipt>",
    f"<scr<script>ipt>{RUN}</script>",
    f"<!--><script>{RUN}</script>-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"\u202e>tpircs/<{RUN}>tpircs<",
    f"\x1b]8;;javascript:{RUN}\x07click\x1b]8;;\x07",
    f"'-({RUN})-' \"-({RUN})-\" `${{{RUN}}}`",
    f"*/{RUN}/* ]]> --> ?>",
]


class Desk(Protocol):
    parts: Parts
    seeds: Seeds
    complaints: list[str]

    def live(self, path: str = "/", **options: Any) -> Page: ...


def test_fifty_payloads_everywhere_and_none_runs(desk: Desk) -> None:
    assert len(PAYLOADS) >= 50
    everything = "".join(PAYLOADS)
    numbers = []
    for at, payload in enumerate(PAYLOADS):
        site = desk.seeds.site(f"hostile-{at}", payload[:128], customer=payload[:128])
        agent = desk.seeds.host(site, payload[:128].replace("\x00", ""), os=payload, agent_version=payload)
        numbers.append(
            desk.seeds.ticket(
                site,
                agent,
                level=4,
                code=f"X-{at}",
                title={"en": payload, "ko": payload, "zh": payload},
                identity={payload[:64]: payload},
                assignee=payload[:64],
                event={
                    "text": payload,
                    "before": [payload],
                    "after": [payload],
                    "source": payload,
                    "samples": [payload],
                },
            )
        )
    site = desk.seeds.site("hostile", everything[:128])
    agent = desk.seeds.host(site, "h")
    desk.seeds.gap(site, agent, source=everything[:4_000], detail=everything[:4_000])
    number = desk.seeds.ticket(site, agent, event={"text": "\n".join(PAYLOADS), "samples": [everything]})
    for payload in PAYLOADS:
        service.comment(desk.parts.store, number, actor="sy", text=payload, now=desk.parts.now())
    page = desk.live("/")
    refused: list[str] = []
    page.expose_function("refused", lambda words: refused.append(words))  # noqa: PLW0108  # a builtin cannot be marked
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => refused(e.violatedDirective + ' ' + e.blockedURI))"
    )
    for path in (
        "/",
        "/sites",
        "/sites/hostile",
        "/find?q=X-",
        f"/tickets/{number}",
        *(f"/tickets/{each}" for each in numbers),
    ):
        page.goto(path, wait_until="domcontentloaded")
        assert page.evaluate("window.ran") is None, path
    page.goto("/")
    expect(page.locator(".row")).to_have_count(6 + len(PAYLOADS) + 1)
    row = page.locator(".row", has_text="<svg onload").first
    assert PAYLOADS[10] in row.inner_text()
    desk.seeds.ticket(level=1, title={"en": everything[:400]})
    page.wait_for_selector(".row.fresh")
    assert page.evaluate("window.ran") is None
    assert refused == []
    assert desk.complaints == []


def test_the_browser_would_have_run_it_without_the_escaping(desk: Desk) -> None:
    """The control: the same text as markup does trip the policy."""
    page = desk.live("/")
    page.evaluate("document.querySelector('h1').innerHTML = '<img src=x onerror=window.ran=1>'")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None  # the policy's part
    assert any("Content Security Policy" in words for words in desk.complaints)
