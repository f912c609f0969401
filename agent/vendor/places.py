"""Where the vendor's things lie on a host, and how a first root gets there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agent.durable import make_private_folder
from agent.owner import as_owner
from agent.settings.model import Settings
from remediation.trust.published import NotThere
from remediation.trust.vendor import VendorRepository

PACKAGE: Final = Path(__file__).parents[2]  # the directory that was built for customers' servers
ROOT_FILE: Final = "vendor-root.json"
FOLDER: Final = "vendor"  # in the state folder; the executor takes it as its source, and has one of its own


def packaged_root(directory: Path = PACKAGE) -> Path | None:
    """The first root that came with the package, if one did. Only the package brings one, never a collector."""
    path = directory / ROOT_FILE
    return path if path.is_file() else None


def vendor_folder(settings: Settings) -> Path:
    """The agent's copy of the vendor's repository."""
    return Path(settings.state) / FOLDER


def install_vendor_root(settings: Settings, root: bytes) -> bool:
    """Trust this root on this host, for agent and executor.

    False when the executor's folder belongs to somebody else: then the agent has it, the executor not yet.
    `VendorRefused` when it is no root, or when there is another one.
    """
    state = Path(settings.state)
    with as_owner(state):
        make_private_folder(state)
        _repository(vendor_folder(settings)).install_root(root)
    try:
        _repository(Path(str(settings.executor.folder)) / FOLDER).install_root(root)
    except PermissionError:
        return False
    return True


def _repository(folder: Path) -> VendorRepository:
    return VendorRepository(folder, _no_source)


def _no_source(name: str, _most: int) -> bytes:
    raise NotThere(name)
