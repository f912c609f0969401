"""What an agent that only watches must not have loaded: memory that nobody would notice coming back.

Late imports (`# noqa: PLC0415  # late: ...`) stand in the function that needs them, so that a host pays for what it
has: a key, a database to look at, a bundle to pack. A real agent runs here until it has written its status, and tells
what it has loaded by then.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.durable import make_private_folder
from agent.uplink.identity import IdentityFile, save_identity
from tests.fakes.logs import CATALOGUE
from wire.keys import generate_key, private_pem, public_text

MODULES = 510  # 503 once it is enrolled; more is a new dependency, or a part that should load late
NOWHERE = "http://127.0.0.1:9"

NEVER = (
    "agent.health.probes.databases",
    "agent.health.probes.web",
    "asyncio",
    "bcrypt",
    "concurrent.futures",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.x509",
    "csv",
    "http.cookiejar",
    "http.server",
    "idna",
    "importlib.metadata",
    "importlib.resources",
    "multiprocessing",
    "paramiko",
    "remediation.audit.chain",
    "remediation.executor.executor",
    "remediation.executor.requests",
    "remediation.trust.assertion",
    "remediation.trust.decision",
    "remediation.trust.policy",
    "remediation.trust.vendor",
    "requests",
    "tarfile",
    "urllib.request",
    "urllib3",
    "xml",
    "yaml",
    "zipfile",
)

TELLS = """
import json, os, signal, sys, threading, time
from pathlib import Path

status, delivery, told = Path(sys.argv[4]), sys.argv[5], Path(sys.argv[6])

def has_settled():
    catalogue = getattr(sys.modules.get("agent.health.faults"), "_catalogue", None)  # read by the first probe
    has_probed = catalogue is not None and catalogue.cache_info().currsize
    return has_probed and status.exists() and delivery in json.loads(status.read_bytes())["delivery"]

def tell():
    while not has_settled():
        time.sleep(0.05)
    told.write_text(json.dumps(sorted(sys.modules)))
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=tell, daemon=True).start()
del sys.argv[4:]
from agent.__main__ import main
sys.exit(main())
"""


def loaded_by(folder: Path, delivery: str) -> set[str]:
    """The modules of an agent that has come so far with its delivery."""
    (folder / "codes.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "app.log").write_text("started\n")
    (folder / "agent.yaml").write_text(
        f"collector: {NOWHERE}\nstate: state\nsources: [{{name: app, path: app.log, catalogue: codes.yaml}}]\n"
        "probes: {tcp: [{name: nobody, port: 9}]}\n"  # a fault that every machine has, so that one is told
    )
    told = folder / "modules.json"
    words = ["run", "--settings", str(folder / "agent.yaml"), str(folder / "state/status.json"), delivery, str(told)]
    subprocess.run([sys.executable, "-c", TELLS, *words], check=True, capture_output=True, timeout=50)
    return set(json.loads(told.read_text()))


def enrol(folder: Path) -> None:
    make_private_folder(folder / "state")
    identity = IdentityFile(
        agent="a" * 22,
        site="bench",
        collector=NOWHERE,
        receipt_key=public_text(generate_key()),
        interval_s=60.0,
        private_key=private_pem(generate_key()).decode(),
    )
    save_identity(folder / "state", identity)


def too_much(loaded: set[str], never: tuple[str, ...]) -> list[str]:
    return sorted(name for name in loaded if any(name == each or name.startswith(f"{each}.") for each in never))


@pytest.mark.slow
def test_an_agent_that_is_not_enrolled(tmp_path: Path) -> None:
    loaded = loaded_by(tmp_path, "")
    assert {"agent.monitor", "hyperscan", "sqlite3"} <= loaded, "it is a whole agent"
    assert too_much(loaded, (*NEVER, "cryptography")) == []
    assert len(loaded) <= MODULES


@pytest.mark.slow
def test_an_agent_whose_collector_is_away(tmp_path: Path) -> None:
    enrol(tmp_path)
    loaded = loaded_by(tmp_path, "waiting")
    assert "cryptography.hazmat.primitives.asymmetric.ed25519" in loaded, "it has signed something"
    assert too_much(loaded, NEVER) == []
    assert len(loaded) <= MODULES


def test_it_would_be_noticed() -> None:
    assert too_much({"yaml.loader", "requests", "yamllike"}, NEVER) == ["requests", "yaml.loader"]
