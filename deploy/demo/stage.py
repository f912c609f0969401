"""Everything that the demo runs: built, started in order, ended in the opposite order."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
        if self.followed is None:
            self.say(sentence("starting the applications"))
            self._start_clinics()
        self.say(sentence("registering the sites"))
        tokens = self._register()
        self.say(sentence("starting the collector"))
        self.start_collector()
        self.say(sentence("enrolling and starting the agents"))
        uplink = self.proxy.port if self.proxy is not None else exchange
        with ThreadPoolExecutor() as together:
            enrolled = [
                together.submit(self._enrol, site, tokens[site.id], uplink, authority.ca_file) for site in self.sites
            ]
        for site, agent in zip(self.sites, enrolled, strict=True):
            self.agent_names[agent.result()] = site.id
            self._start_agent(site)
        for site in self.sites if self.followed is None else ():
            port = self.clinic_ports[site.id]
            self.clinics[site.id].wait_ready(lambda port=port: _answers(port))  # type: ignore[misc]  # bound now

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
        catalogue = CLINIC_CATALOGUE if self.followed is None else self.followed.catalogue
        words = ["--login-link", "--api-token", "--json"]
        first, *others = self.sites
        tokens = {first.id: self._add_site(settings, first)}  # alone: it makes the database
        with ThreadPoolExecutor() as together:
            added = {site.id: together.submit(self._add_site, settings, site) for site in others}
            named = programs.collector(settings, "catalogue", "add", str(catalogue))
            catalogued = together.submit(programs.answer_of, named)
            user = programs.answer_of(programs.collector(settings, "user", "add", USER, *words))
        catalogued.result()
        self.login_link = user["login_link"]
        self._api = Api(self.console, user["api_token"])
        return tokens | {site: token.result() for site, token in added.items()}

    def _add_site(self, settings: Path, site: Site) -> str:
        words = ["--name", site.name, "--customer", site.customer, "--tz", site.tz, "--language", site.language]
        told = programs.answer_of(programs.collector(settings, "site", "add", site.id, *words, "--json"))
        return str(told["token"])

    def _enrol(self, site: Site, token: str, port: int, ca_file: Path) -> str:
        """Write the agent's settings and enrol it; the collector's name for it."""
        if self.followed is None:
            settings = clinic_agent_settings(self.folders, site, port, ca_file)
        else:
            settings = agent_settings(self.folders, site.id, port, ca_file, [_source(self.followed)])
        path = self.folders.agent_settings(site.id)
        write_settings(path, settings)
        enrolled = programs.answer_of(programs.agent(path, "enrol", token, "--json"))
        return str(enrolled["agent"])

    def _start_agent(self, site: Site) -> None:
        argv = programs.agent(self.folders.agent_settings(site.id), "run")
        self.agents[site.id] = agent = self._child(f"{site.id}-agent", argv)
        agent.start()

    def _start_clinics(self) -> None:
        for site in self.sites:
            argv = programs.clinic(self.folders.clinic(site.id), self.clinic_ports[site.id], site)
            self.clinics[site.id] = clinic = self._child(f"{site.id}-clinic", argv, {"TZ": site.tz})
            clinic.start()

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
