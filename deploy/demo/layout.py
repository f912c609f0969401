"""Where everything of one demo stands, and the settings files that it runs on.

The demo has no door of its own into agent or collector: all that it wants, from the heartbeat of
two seconds to the missing open delay, it writes into the settings files that a vendor and a
customer have too.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.demo.authority import LOOPBACK, Certificate
from deploy.demo.clinic.billing import WORKER
from deploy.demo.sites import Site

CLINIC_CATALOGUE = Path(__file__).parent / "clinic.yaml"
RECORD_START = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} "  # a line of the clinic's log that begins an entry

# What makes a demo of it: short times. Everything else is as the service plan has it.
RULES: dict[str, Any] = {
    "open_delay_s": [0, 0, 0, 0],
    "stable_s": [2, 2, 2, 2],
    "stateless_expiry_s": 60,
    "heartbeat_s": 2,
    "silent_after_s": 8,
    "silent_grace_s": 12,  # an agent that just missed the collector may wait for some seconds before it tries again
    # Forty different faults in a minute are the demo's purpose, and no storm.
    "storm_fingerprints": 500,
    "site_tickets": 500,
    "fleet_tickets": 5_000,
}


@dataclass(frozen=True)
class Folders:
    """One demo's folder and what stands where in it."""

    root: Path

    @property
    def programs(self) -> Path:
        """The output of the programs."""
        return self.root / "output"

    @property
    def collector_settings(self) -> Path:
        """The collector's settings file."""
        return self.root / "collector.yaml"

    @property
    def collector_state(self) -> Path:
        """The collector's database and key."""
        return self.root / "collector"

    def agent_settings(self, site: str) -> Path:
        """The settings file of the agent at `site`."""
        return self.root / f"{site}-agent.yaml"

    def agent_state(self, site: str) -> Path:
        """Key and spool of the agent at `site`."""
        return self.root / f"{site}-agent"

    def clinic(self, site: str) -> Path:
        """Database and log of the application at `site`."""
        return self.root / f"{site}-clinic"

    def clinic_log(self, site: str) -> Path:
        """The application's log file."""
        return self.clinic(site) / "clinic.log"

    def prepare(self) -> None:
        """Make the folders that nobody else makes."""
        self.programs.mkdir()


def free_ports(count: int) -> list[int]:
    """Ports of loopback that the kernel gave and that were free a moment ago; all different."""
    holders = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for holder in holders:
            holder.bind((LOOPBACK, 0))
        return [int(holder.getsockname()[1]) for holder in holders]
    finally:
        for holder in holders:
            holder.close()


def collector_settings(
    folders: Folders, exchange_port: int, console_port: int, certificate: Certificate
) -> dict[str, Any]:
    """The console speaks plain HTTP on loopback, so that a browser opens it without a warning."""
    return {
        "state": str(folders.collector_state),
        "exchange": {
            "host": LOOPBACK,
            "port": exchange_port,
            "certificate": str(certificate.certificate),
            "key": str(certificate.key),
        },
        "console": {"host": LOOPBACK, "port": console_port},
        "console_address": f"http://{LOOPBACK}:{console_port}",
        "rules": RULES,
    }


def agent_settings(
    folders: Folders, site: str, port: int, ca_file: Path, sources: list[dict[str, Any]]
) -> dict[str, Any]:
    """An agent that speaks TLS to `port`; limits of the host are out of reach, this machine's load is no fault."""
    out_of_reach = {"raise_percent": 100, "clear_percent": 99, "for_s": 3_600}
    return {
        "collector": f"https://{LOOPBACK}:{port}",
        "ca_file": str(ca_file),
        "state": str(folders.agent_state(site)),
        "sources": sources,
        "health": {"disk": out_of_reach, "cpu": out_of_reach, "memory": out_of_reach},
    }


def clinic_agent_settings(folders: Folders, site: Site, port: int, ca_file: Path) -> dict[str, Any]:
    """The agent beside a clinic: it follows the log and watches billing's worker."""
    source = {
        "name": "clinic",
        "path": str(folders.clinic_log(site.id)),
        "catalogue": str(CLINIC_CATALOGUE),
        "start": "beginning",
        "open_tickets": True,
        "record": {"start": RECORD_START},
        "time": "iso",
        "zone": site.tz,
    }
    settings = agent_settings(folders, site.id, port, ca_file, [source])
    # The worker's command line ends with the path of its database: that tells the two sites' workers apart.
    worker = {"name": "billing-worker", "command": f"{WORKER} {folders.clinic(site.id)}"}
    settings["health"]["processes"] = [worker]
    return settings


def write_settings(path: Path, settings: dict[str, Any]) -> None:
    """Write a settings file."""
    path.write_text(yaml.dump(settings, Dumper=_Plain, sort_keys=False, allow_unicode=True), encoding="utf-8")


class _Plain(yaml.SafeDumper):
    """Writes equal parts out in full: the settings' reader takes no aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the base class's signature
        """Never an alias."""
        return True
