"""A request as its approver sees it, in words, before anything is signed.

All texts of a request are foreign. Names with characters that a screen does not show are refused, as
no host would take them either; everything else is shown with such characters as escapes.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.commands.maintained import shown
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import Manifest
from remediation.patch.reading import read_manifest
from remediation.patch.telling import describe
from remediation.patch.telling import view as patch_view
from remediation.trust.approvals import read_strictly
from remediation.trust.collection import what_is_collected
from remediation.trust.decision import Vendor
from remediation.trust.engineers import signed_by
from remediation.trust.policy_file import has_hidden_characters
from remediation.trust.targets import PATCH_DIGEST, PATCH_ID, Action, patch_path
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import ENVELOPE_BYTES, Envelope, decode_envelope
from wire.documents.model import ActionRequest
from wire.errors import Malformed
from wire.sentence import Sentence, sentence


@dataclass(frozen=True)
class Asked:
    """A request, and what the vendor's metadata say of it: None and empty where this machine has none."""

    envelope: Envelope
    request: ActionRequest
    engineer: str
    action: Action | None
    patch: tuple[Manifest, str] | None = None  # what is to be applied, with its digest

    @property
    def is_patch(self) -> bool:
        """Whether a patch is to be applied, known here or not."""
        return self.action is not None and self.action.patch is not None


def read_request(path: Path, vendor: Vendor | None) -> Asked:
    """The request in a file; refused when it is none, or when the vendor's roster says that nobody signed it."""
    envelope = _envelope(path)
    engineer = _engineer(envelope, path, vendor)
    try:
        request = read_strictly(envelope)
    except Malformed as error:
        words = sentence("{path} is refused: {problem}", path=path, problem=shown(str(error)))
        raise CommandRefused(words, Exit.FAILED) from error
    if not isinstance(request, ActionRequest):
        raise CommandRefused(sentence("{path} is no request", path=path), Exit.FAILED)
    if any(has_hidden_characters(name) for name in _names(request)):
        words = sentence("{path} is refused: a name in it holds characters that cannot be seen", path=path)
        raise CommandRefused(words, Exit.FAILED)
    action = _action(request, path, vendor)
    return Asked(envelope, request, engineer, action, _patch(request, action, vendor))


def _envelope(path: Path) -> Envelope:
    try:
        with path.open("rb") as source:
            return decode_envelope(source.read(ENVELOPE_BYTES + 1))
    except OSError as error:
        problem = error.strerror or str(error)
        raise CommandRefused(sentence("{path} cannot be read: {problem}", path=path, problem=problem)) from error
    except Malformed as error:
        words = sentence("{path} is no signed document: {problem}", path=path, problem=shown(str(error)))
        raise CommandRefused(words) from error


def _engineer(envelope: Envelope, path: Path, vendor: Vendor | None) -> str:
    if vendor is None:
        return ""
    try:
        found = signed_by(envelope, vendor.roster)
    except UnicodeEncodeError:  # a type that no document has
        found = []
    if not found:
        words = sentence("{path} is refused: no engineer of the vendor signed it", path=path)
        raise CommandRefused(words, Exit.FAILED)
    return found[0].name


def _action(request: ActionRequest, path: Path, vendor: Vendor | None) -> Action | None:
    if vendor is None:
        return None
    digest, actions = vendor.actions.get(request.product, ("", None))
    action = actions.find(request.action) if actions else None
    if action is None or digest != request.actions_digest:
        words = sentence(
            "{path} is refused: the vendor has not signed this action, or another version of it", path=path
        )
        raise CommandRefused(words, Exit.FAILED)
    return action


def _patch(request: ActionRequest, action: Action | None, vendor: Vendor | None) -> tuple[Manifest, str] | None:
    """What an action of patches would apply: exactly what the vendor vouches for here; None where it is not known."""
    if vendor is None or action is None or action.patch is None:
        return None
    name, digest = request.parameters.get(PATCH_ID, ""), request.parameters.get(PATCH_DIGEST, "")
    raw = vendor.patches.get(patch_path(request.product, name))
    if raw is None or hashlib.sha256(raw).hexdigest() != digest:
        return None
    with contextlib.suppress(PatchRefused):
        return read_manifest(raw), digest
    return None


def _patched(asked: Asked) -> Iterator[Sentence]:
    """What will be changed, and what nobody can take back."""
    if asked.patch is not None:
        yield from describe(*asked.patch)
    elif asked.is_patch:
        yield sentence(
            "patch:    NOT KNOWN HERE: the vendor has published none like it, as far as this server has heard"
        )


def _names(request: ActionRequest) -> Iterator[str]:
    yield from (request.site, request.product, request.ticket, *request.hosts)
    yield from request.parameters.values()


def language_of(terminal: Terminal) -> str:
    """The reader's language as texts of a catalogue name it."""
    return str(terminal.language.info().get("language", "en")).partition("_")[0]


def words_of(asked: Asked, terminal: Terminal) -> list[Sentence]:
    """Who asks for what, where, when, and at which risk."""
    request, action = asked.request, asked.action
    title = action.title.in_language(language_of(terminal)) if action else ""
    values = ", ".join(f"{name}={shown(value)}" for name, value in sorted(request.parameters.items()))
    return [
        sentence("asked by:   {name}, an engineer of the vendor", name=shown(asked.engineer))
        if asked.engineer
        else sentence("asked by:   somebody; this machine has no roster of the vendor to check the signature with"),
        sentence(
            "action:     {title} ({product}/{action})",
            title=shown(title),
            product=shown(request.product),
            action=request.action,
        )
        if action
        else sentence("action:     {product}/{action}", product=shown(request.product), action=request.action),
        sentence("parameters: {values}", values=values or "-"),
        sentence("risk:       {risk}", risk=_RISKS[action.risk]) if action else sentence("risk:       not known here"),
        *_collected(action),
        *_patched(asked),
        sentence("hosts:      {hosts} at {site}", hosts=", ".join(map(shown, request.hosts)), site=shown(request.site)),
        sentence("from:       {start}", start=request.not_before.isoformat()),
        sentence("until:      {end}", end=request.not_after.isoformat()),
        sentence("reason:     {reason}", reason=shown(request.reason)),
        sentence("ticket:     {ticket}", ticket=shown(request.ticket) or "-"),
        sentence("digest:     {digest}", digest=asked.envelope.digest),
    ]


def _collected(action: Action | None) -> list[Sentence]:
    """What a support bundle would hold, each source on its line."""
    found = what_is_collected(action.collect) if action and action.collect else []
    return [sentence("collects:   {source}", source=shown(source)) for source in found]


_RISKS = {"low": sentence("low"), "medium": sentence("medium"), "high": sentence("high")}


def view(asked: Asked) -> dict[str, Any]:
    """The same for machines."""
    request = asked.request
    return {
        "digest": asked.envelope.digest,
        "engineer": asked.engineer,
        "product": request.product,
        "action": request.action,
        "title": asked.action.title.en if asked.action else "",
        "risk": asked.action.risk if asked.action else "",
        "parameters": request.parameters,
        "patch": patch_view(*asked.patch) if asked.patch is not None else None,
        "site": request.site,
        "hosts": request.hosts,
        "not_before": request.not_before.isoformat(),
        "not_after": request.not_after.isoformat(),
        "reason": request.reason,
        "ticket": request.ticket,
    }
