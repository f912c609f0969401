"""`catalogue: vendor:his` in the settings: the vendor's signed catalogue, where the agent puts it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

PREFIX: Final = "vendor:"
FOLDER: Final = "catalogues"  # in the state folder; written from verified targets only

_PRODUCT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def is_vendor_name(catalogue: str) -> bool:
    """Whether the vendor's signed catalogue is meant, as opposed to a file."""
    return catalogue.startswith(PREFIX)


def product_of(catalogue: str) -> str | None:
    """The product that `vendor:PRODUCT` names; None when it is no name of one."""
    product = catalogue.removeprefix(PREFIX)
    return product if _PRODUCT.fullmatch(product) else None


def catalogue_file(state: Path, product: str) -> Path:
    """Where the signed catalogue of a product lies."""
    return state / FOLDER / f"{product}.yaml"


def catalogue_path(state: Path, folder: Path, catalogue: str) -> str:
    """The file of a source's catalogue: its own path, or that of the vendor's signed one."""
    if not is_vendor_name(catalogue):
        return str(folder / catalogue)
    return str(catalogue_file(state, product_of(catalogue) or ""))


def signed_product(path: Path) -> str | None:
    """The product whose signed catalogue lies at this path; None for any other file."""
    return path.stem if path.parent.name == FOLDER and _PRODUCT.fullmatch(path.stem) else None
