"""What the vendor's catalogues declare for the products of the policy: verified here, by the backup itself.

The source is the agent's copy of the vendor's repository, which the agent could change; so it is verified from
the root that the policy names (a file of root) into a folder of the backup's own, with marks of its own that
nothing older passes. What has expired goes on to count: expiry never stops a backup.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import structs

from remediation.backup.declared import admit
from remediation.backup.errors import TargetRefused
from remediation.backup.placing import read_owned
from remediation.backup.policy_file import BackupPolicy
from remediation.trust.published import folder_fetcher
from remediation.trust.refusal import VendorRefused
from wire.catalogue.reading import read_catalogue
from wire.catalogue.saved import Saved
from wire.errors import TextRefused
from wire.sentence import sentence

FOLDER: Final = "vendor"  # in the backup's state folder


def with_declarations(policy: BackupPolicy, now: datetime) -> BackupPolicy:
    """The policy with what its products declare inside its bounds; `TargetRefused` when one cannot be verified."""
    if not policy.what.products:
        return policy
    from remediation.trust.vendor import VendorRepository  # noqa: PLC0415  # three megabytes that few sites need

    own = Path(policy.state) / FOLDER
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = folder_fetcher(Path(policy.what.vendor))
    repository = VendorRepository(own, source, products=frozenset(policy.what.products))
    what = policy.what
    try:
        repository.install_root(read_owned(Path(str(what.vendor_root))))
        try:
            repository.refresh(now)
        except (VendorRefused, OSError):
            repository.load(now)  # what was verified before; a source that is away or stale changes nothing
        contents = {product: repository.catalogue(product) for product in what.products}
    except (VendorRefused, OSError) as refused:
        raise TargetRefused(
            sentence("the vendor's catalogues cannot be verified: {problem}", problem=refused)
        ) from refused
    for product, content in contents.items():
        what = admit(what, _saved_of(product, content)).what
    return structs.replace(policy, what=what)


def _saved_of(product: str, content: bytes | None) -> Saved:
    try:
        declared = read_catalogue(content)[0].backup if content is not None else None
    except TextRefused as refused:
        raise TargetRefused(sentence("the catalogue of {product} cannot be read", product=product)) from refused
    if declared is None:
        raise TargetRefused(sentence("the vendor declares no backup for {product}", product=product))
    return declared
