"""Whether the vendor stands behind a bundle, from its own metadata and a root that is trusted already.

For whoever looks at one bundle and keeps nothing: the desk, and a person at a host. A host that applies patches keeps
its metadata in a remediation.trust.vendor.VendorRepository fed by `Bundle.fetch`, which also knows what is too old.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from remediation.patch.bundle import Bundle
from remediation.patch.errors import PatchRefused
from remediation.trust import verified
from remediation.trust.blobs import is_vouched
from remediation.trust.published import PRODUCT_ROLE
from remediation.trust.refusal import VendorRefused, translated
from wire.sentence import sentence


@dataclass(frozen=True)
class Voucher:
    """Who stands behind a bundle. `expires_at`: the first of all roles; `is_for_sticks`: the bundle key signed, too."""

    root_version: int
    product_version: int
    expires_at: datetime
    is_for_sticks: bool


def check_vouched(bundle: Bundle, root: bytes, now: datetime) -> Voucher:
    """Verify from `root` down to the product's role, and find the manifest in it. `PatchRefused`."""
    role = PRODUCT_ROLE + bundle.manifest.product
    try:
        with translated():
            chain = verified.verify(root, [bundle.fetch], bundle.fetch, with_bundle=True)
            verified.take_role(chain, role, [bundle.fetch])
    except VendorRefused as refused:
        raise PatchRefused(refused.why) from refused
    if not is_vouched(chain, bundle.target, bundle.manifest_raw):
        raise PatchRefused(sentence("the vendor does not vouch for {target} as it is here", target=bundle.target))
    ended = sorted(name for name, at in chain.expiries().items() if at <= now)
    if ended:
        raise PatchRefused(sentence("{roles} expired: publish the patch anew", roles=", ".join(ended)))
    return Voucher(
        chain.root.version, chain.products[role].version, min(chain.expiries().values()), chain.bundle is not None
    )
