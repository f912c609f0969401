"""The section `probes:` of the settings: what is looked at beside health and logs.

Every part may be missing: then the defaults look at what every Linux server has. A probe that is not
wanted stands in `off`. Hosts, ports, paths and units come from here alone, never from the collector.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wire.fields import Name
from wire.limits import FIELD_CHARS, LINE_CHARS

CHECKS: Final = 50  # of one kind: each costs a thread for the time of its reading

Path = Annotated[str, Meta(min_length=1, max_length=LINE_CHARS)]
Host = Annotated[str, Meta(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9_.:-]+\Z")]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Interval = Annotated[float, Meta(ge=10, le=86_400)]
Timeout = Annotated[float, Meta(gt=0, le=20)]  # below the deadline of a probe
Share = Annotated[float, Meta(gt=0, le=100)]
Age = Annotated[float, Meta(gt=0, le=3_650 * 86_400)]
Days = Annotated[float, Meta(gt=0, le=3_650)]
Unit = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9:_.@\\*?-]+\Z")]
Url = Annotated[str, Meta(min_length=8, max_length=2_000, pattern=r"^https?://[^\s@]+\Z")]
Address = Annotated[str, Meta(min_length=3, max_length=260, pattern=r"^[^\s:]+:[0-9]{1,5}\Z")]

Default = Literal[
    "administrators",
    "antivirus",
    "backup",
    "clock",
    "load",
    "network",
    "ports",
    "reboot",
    "room",
    "services",
    "software",
    "swap",
    "updates",
]


class Check(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every check has: a name for tickets, how often, and how long it may take."""

    name: Name
    interval_s: Interval = 60
    timeout_s: Timeout = 5


class TcpCheck(Check, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A port that should take connections; `expect` is how what it says first begins."""

    host: Host = "127.0.0.1"
    port: Port
    expect: Annotated[str, Meta(max_length=FIELD_CHARS)] = ""


class WebCheck(Check, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page that should answer with a status and a text, in time. Redirects are not followed."""

    url: Url
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    contains: Annotated[str, Meta(max_length=FIELD_CHARS)] = ""
    slow_s: Timeout = 3
    ca_file: Path | None = None


class DatabaseCheck(Check, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A database server. `credentials` is a file of mode 0600: user name in line 1, password in line 2."""

    host: Host = "127.0.0.1"
    port: Port | None = None  # the server's usual one
    database: Annotated[str, Meta(max_length=64)] = ""
    credentials: Path | None = None
    lag_s: Age = 300
    transaction_s: Age = 3_600
    connections_percent: Share = 90
    size_bytes: Annotated[int, Meta(ge=1, le=2**53)] | None = None


class CertificateChecks(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Certificates in files (PEM or DER, the first of each) and behind TLS ports (`host:port`)."""

    files: Annotated[list[Path], Meta(max_length=CHECKS)] = []
    ports: Annotated[list[Address], Meta(max_length=CHECKS)] = []
    soon_days: Days = 30
    late_days: Days = 7
    interval_s: Interval = 3_600


class BackupCheck(Check, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where backups appear: a path that may hold * and ?; the newest match counts."""

    path: Path
    max_age_s: Age = 26 * 3_600  # a nightly backup that takes two hours longer than the night before
    min_bytes: Annotated[int, Meta(ge=0, le=2**53)] = 1
    interval_s: Interval = 600


class ServiceChecks(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Units of systemd that should be active; and whether any unit that failed is a fault."""

    active: Annotated[list[Unit], Meta(max_length=CHECKS)] = []
    failed: bool = True


class AntivirusCheck(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """ClamAV as Debian installs it; looked at only where its definitions folder exists."""

    definitions: Path = "/var/lib/clamav"
    socket: Path = "/run/clamav/clamd.ctl"
    log: Path = "/var/log/clamav/clamav.log"
    max_age_s: Age = 3 * 86_400
    daemon: bool | None = None  # whether clamd has to answer; without a value where it has ever run


class Extension(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A probe from another package: `probe` is the name of its entry point in the group sitewarden.probes."""

    name: Name
    probe: Name
    interval_s: Interval = 60
    options: Annotated[dict[Name, Annotated[str, Meta(max_length=LINE_CHARS)]], Meta(max_length=32)] = {}


class ProbeSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything beside health samples; shares in percent, `load_per_cpu` is the mean over a minute."""

    off: list[Default] = []
    swap_percent: Share = 80
    load_per_cpu: Annotated[float, Meta(gt=0, le=1_000)] = 4
    network_errors_per_s: Annotated[float, Meta(gt=0, le=1e9)] = 10
    clock_offset_s: Annotated[float, Meta(gt=0, le=86_400)] = 30
    reboot_after_s: Age = 7 * 86_400
    settle_s: Age = 86_400  # how long a change of ports or administrators is told before it is the new normal
    services: ServiceChecks = ServiceChecks()
    antivirus: AntivirusCheck = AntivirusCheck()
    certificates: CertificateChecks = CertificateChecks()
    tcp: Annotated[list[TcpCheck], Meta(max_length=CHECKS)] = []
    web: Annotated[list[WebCheck], Meta(max_length=CHECKS)] = []
    postgresql: Annotated[list[DatabaseCheck], Meta(max_length=CHECKS)] = []
    mariadb: Annotated[list[DatabaseCheck], Meta(max_length=CHECKS)] = []
    redis: Annotated[list[DatabaseCheck], Meta(max_length=CHECKS)] = []
    backups: Annotated[list[BackupCheck], Meta(max_length=CHECKS)] = []
    extensions: Annotated[list[Extension], Meta(max_length=CHECKS)] = []


class BoundsSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Inside what a vendor's signed catalogue may look for the versions of its modules.

    `roots` are folders of files that may be read, `hosts` are asked over HTTP; this host itself (loopback)
    may always be. Packages are looked up in the list that the host keeps anyway.
    """

    roots: Annotated[list[Path], Meta(max_length=CHECKS)] = []
    hosts: Annotated[list[Host], Meta(max_length=CHECKS)] = []
