"""Level 4: the whole service from a restore, where it can reach nothing: a network namespace of its own.

`unshare` makes a user and network namespace without any right. In it `inside.py` brings up loopback,
starts the service's argument list, and asks its ports. A restored configuration that names the live
database finds no way to it. Where the system forbids such namespaces the drill is refused: a restored
service beside the live one could write into it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from remediation.backup.drills.inside import Asked, Orders, Told
from remediation.backup.errors import RestoreRefused
from remediation.backup.policy_file import ServiceRule
from remediation.backup.programs import Program, Programs
from wire.sentence import sentence

SPARE_S: Final = 30.0  # for starting and ending around the service's own time
MODULE: Final = "remediation.backup.drills.inside"


def start_isolated(programs: Programs, rule: ServiceRule, root: Path, account: str = "") -> Sequence[str]:
    """Start the service below `root` and ask it; what is not well. `RestoreRefused` where it cannot be isolated."""
    argv = [each.replace("{root}", str(root)) for each in rule.argv]
    probes = [Asked(port=each.port, path=each.path, status=each.status, contains=each.contains) for each in rule.probes]
    orders = Orders(argv=argv, root=str(root), probes=probes, within_s=rule.within_s)
    program = Program(
        ("unshare", "--user", "--map-root-user", "--net", "--", sys.executable, "-m", MODULE),
        rule.within_s + SPARE_S,
        environment={"PYTHONPATH": ":".join(path for path in sys.path if path), "PYTHONDONTWRITEBYTECODE": "1"},
        folder=root,
        user=account,
    )
    ran = programs.run(program, feed=iter([msgspec.json.encode(orders)]))
    try:
        told = msgspec.json.decode(ran.output, type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        words = sentence("the service cannot be started apart from the network here: {problem}", problem=str(ran))
        raise RestoreRefused(words) from error
    return told.wrong
