"""Where the vendor's things lie on a host, and how a first root gets there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.durable import make_private_folder
from agent.owner import as_owner
from agent.settings.model import Settings
from remediation.trust.published import Fetch, NotThere

if TYPE_CHECKING:
    from remediation.trust.vendor import VendorRepository

PACKAGE: Final = Path(__file__).parents[2]  # the directory that was built for customers' servers
ROOT_FILE: Final = "vendor-root.json"
INSTALLED_ROOT: Final = "root.json"  # as remediation.trust.kept writes it
FOLDER: Final = "vendor"  # in the state folder; the executor takes it as its source, and has one of its own


def packaged_root(directory: Path = PACKAGE) -> Path | None:
    """The first root that came with the package, if one did. Only the package brings one, never a collector."""
    path = directory / ROOT_FILE
    return path if path.is_file() else None


def vendor_folder(settings: Settings) -> Path:
    """The agent's copy of the vendor's repository."""
    return Path(settings.state) / FOLDER


def has_root(folder: Path) -> bool:
    """Whether a first root was installed in this folder; asked before anything of the vendor is loaded."""
    return (folder / INSTALLED_ROOT).exists()


def install_vendor_root(settings: Settings, root: bytes) -> bool:
    """Trust this root on this host, for agent and executor.

    False when the executor's folder belongs to somebody else: then the agent has it, the executor not yet.
    `VendorRefused` when it is no root, or when there is another one.
    """
    state = Path(settings.state)
    with as_owner(state):
        make_private_folder(state)
        open_repository(vendor_folder(settings), no_source).install_root(root)
    try:
        open_repository(Path(str(settings.executor.folder)) / FOLDER, no_source).install_root(root)
    except PermissionError:
        return False
    return True


def open_repository(folder: Path, fetch: Fetch, products: frozenset[str] | None = None) -> VendorRepository:
    """The repository of this folder. Its code is three megabytes, which a host without a vendor's root never loads."""
    from remediation.trust.vendor import VendorRepository  # noqa: PLC0415

    return VendorRepository(folder, fetch, products=products)


def no_source(name: str, _most: int) -> bytes:
    """For whoever reads what is here and fetches nothing."""
    raise NotThere(name)
