"""`python -m deploy.demo.clinic`: one clinic, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

from deploy.demo.clinic.billing import Billing
from deploy.demo.clinic.database import Database
from deploy.demo.clinic.faults import Clinic, Faults
from deploy.demo.clinic.gateway import Gateway
from deploy.demo.clinic.journal import open_log
from deploy.demo.clinic.prescription import Prescription
from deploy.demo.clinic.reception import Reception
from deploy.demo.clinic.web import Doors, Front, serve, visit


def main() -> int:
    """Build the application, serve, and end tidily."""
    parser = argparse.ArgumentParser(prog="clinic", allow_abbrev=False)
    parser.add_argument("--home", type=Path, required=True, help="folder of database and log")
    parser.add_argument("--port", type=int, required=True, help="loopback port; 0 lets the kernel choose")
    parser.add_argument("--name", default="Clinic", help="the name on the page")
    arguments = parser.parse_args()
    arguments.home.mkdir(parents=True, exist_ok=True)
    log = arguments.home / "clinic.log"
    open_log(log)
    clinic = _build(arguments.home)
    faults = Faults(clinic, time.sleep, lambda path: visit(server.server_address[1], path))
    server = serve(Doors(clinic, faults, Front(arguments.name, log)), arguments.port)

    def stop(_signal: int, _frame: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    clinic.billing.start_worker()
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    server.serve_forever(poll_interval=0.1)
    faults.end()
    clinic.billing.stop()
    clinic.gateway.close()
    server.server_close()
    return 0


def _build(home: Path) -> Clinic:
    path, table = home / "clinic.db", home / "interactions.json"
    database = Database(path)
    database.prepare()
    prescription = Prescription(database, table)
    prescription.prepare()
    gateway = Gateway()
    reception = Reception(database, time.monotonic)
    return Clinic(database, reception, prescription, Billing(database, path, gateway), gateway, table)


if __name__ == "__main__":
    sys.exit(main())
