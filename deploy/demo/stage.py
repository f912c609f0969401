"""Everything that the demo runs: built, started in order, ended in the opposite order."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.demo import programs
from deploy.demo.api import Api
from deploy.demo.authority import LOOPBACK, Authority
from deploy.demo.children import Child
from deploy.demo.layout import (
    CLINIC_CATALOGUE,
    Folders,
    agent_settings,
    clinic_agent_settings,
    collector_settings,
    free_ports,
    write_settings,
)
from deploy.demo.proxy import Proxy
from deploy.demo.sites import Site
from wire.sentence import Sentence, sentence

USER = "demo"
Say = Callable[[Sentence], None]


@dataclass(frozen=True)
class Followed:
    """A log of the visitor's own, with the catalogue for it."""

    log: Path
    catalogue: Path
    encoding: str = "utf-8"


@dataclass
class Stage:
    """The running demo. `start` fills in what the empty fields name; `stop` may be called at any time."""

    folders: Folders
    sites: Sequence[Site]
    say: Say
    now: datetime
    followed: Followed | None = None
    with_proxy: bool = False
    console: str = ""
    login_link: str = ""
    proxy: Proxy | None = None
    collector: Child = field(init=False)
    agents: dict[str, Child] = field(default_factory=dict)
    agent_names: dict[str, str] = field(default_factory=dict)  # the collector's names for them, with their sites
    clinics: dict[str, Child] = field(default_factory=dict)
    clinic_ports: dict[str, int] = field(default_factory=dict)
    _api: Api | None = None

    def start(self) -> None:
        """Start collector, applications and agents; ChildFailed or CommandFailed says what went wrong."""
        self.folders.prepare()
        exchange, console, *clinics = free_ports(2 + len(self.sites))
        self.clinic_ports = {site.id: port for site, port in zip(self.sites, clinics, strict=True)}
        authority = Authority(self.folders.root, self.now)
        settings = self.folders.collector_settings
        write_settings(settings, collector_settings(self.folders, exchange, console, authority.issue("collector")))
        self.collector = self._child("collector", programs.collector(settings, "serve"))
        self.console = f"http://{LOOPBACK}:{console}"
        if self.with_proxy:
            self.proxy = Proxy(authority.issue("proxy"), authority.ca_file, exchange)
        self.say(sentence("registering the sites"))
        tokens = self._register()
        self.say(sentence("starting the collector"))
        self.start_collector()
        uplink = self.proxy.port if self.proxy is not None else exchange
        for site in self.sites:
            self._start_site(site, tokens[site.id], uplink, authority.ca_file)

    def start_collector(self) -> None:
        """Start the collector and wait until it answers."""
        self.collector.start()
        self.collector.wait_ready(self.api.is_ready)

    @property
    def api(self) -> Api:
        """The API, as the demo's user."""
        if self._api is None:
            raise RuntimeError("the stage has not been built")
        return self._api

    def cause(self, site: str, fault: str, options: Mapping[str, str] | None = None) -> int:
        """Press a button of the application at `site`; the HTTP status."""
        line = http.client.HTTPConnection(LOOPBACK, self.clinic_ports[site], timeout=60)
        body = "&".join(f"{name}={value}" for name, value in (options or {}).items())
        try:
            line.request("POST", f"/faults/{fault}", body=body)
            answer = line.getresponse()
            answer.read()
            return answer.status
        finally:
            line.close()

    def children(self) -> list[Child]:
        """All programs, in the order in which they are ended: what writes, what sends, what receives."""
        collector = [self.collector] if hasattr(self, "collector") else []
        return [*self.clinics.values(), *self.agents.values(), *collector]

    def stop(self) -> list[str]:
        """End everything that was started; the names of what did not end when asked."""
        stubborn = [child.name for child in self.children() if not child.stop()]
        if self.proxy is not None:
            self.proxy.close()
            self.proxy = None
        if self._api is not None:
            self._api.close()
        return stubborn

    def first_dead(self) -> Child | None:
        """A program that was started and has ended by itself."""
        return next((child for child in self.children() if not child.pid), None)

    def _register(self) -> dict[str, str]:
        settings = self.folders.collector_settings
        tokens = {site.id: self._add_site(settings, site) for site in self.sites}
        for catalogue in self._catalogues():
            programs.answer_of(programs.collector(settings, "catalogue", "add", str(catalogue)))
        words = ["--login-link", "--api-token", "--json"]
        user = programs.answer_of(programs.collector(settings, "user", "add", USER, *words))
        self.login_link = user["login_link"]
        self._api = Api(self.console, user["api_token"])
        return tokens

    def _add_site(self, settings: Path, site: Site) -> str:
        words = ["--name", site.name, "--customer", site.customer, "--tz", site.tz, "--language", site.language]
        told = programs.answer_of(programs.collector(settings, "site", "add", site.id, *words, "--json"))
        return str(told["token"])

    def _catalogues(self) -> list[Path]:
        return [CLINIC_CATALOGUE] if self.followed is None else [self.followed.catalogue]

    def _start_site(self, site: Site, token: str, port: int, ca_file: Path) -> None:
        self.say(sentence("starting {site}", site=site.name))
        if self.followed is None:
            self._start_clinic(site)
            settings = clinic_agent_settings(self.folders, site, port, ca_file)
        else:
            settings = agent_settings(self.folders, site.id, port, ca_file, [_source(self.followed)])
        path = self.folders.agent_settings(site.id)
        write_settings(path, settings)
        enrolled = programs.answer_of(programs.agent(path, "enrol", token, "--json"))
        self.agent_names[enrolled["agent"]] = site.id
        self.agents[site.id] = agent = self._child(f"{site.id}-agent", programs.agent(path, "run"))
        agent.start()

    def _start_clinic(self, site: Site) -> None:
        port = self.clinic_ports[site.id]
        argv = programs.clinic(self.folders.clinic(site.id), port, site)
        self.clinics[site.id] = clinic = self._child(f"{site.id}-clinic", argv, {"TZ": site.tz})
        clinic.start()
        clinic.wait_ready(lambda: _answers(port))

    def _child(self, name: str, argv: list[str], environment: Mapping[str, str] | None = None) -> Child:
        return Child(name, argv, self.folders.programs / f"{name}.log", environment)


def _source(followed: Followed) -> dict[str, Any]:
    return {
        "name": "your-log",
        "path": str(followed.log),
        "catalogue": str(followed.catalogue),
        "encoding": followed.encoding,
        "start": "beginning",
        "open_tickets": True,
    }


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        line.request("GET", "/")
        return line.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        line.close()
