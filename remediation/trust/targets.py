"""What the vendor publishes as TUF targets, and their shapes.

    roster.yaml                   engineers: name, key, classes, not after     (top-level targets role)
    <product>/catalogue.yaml      the coding file                              (role of the product)
    <product>/actions.yaml        typed actions of the product                 (role of the product)
    <product>/patches/<id>.json   manifests of patches (remediation.patch)     (role of the product)

A target's bytes are believed only after TUF has verified them; the shapes are checked then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from remediation.trust.collection import Collection, placeholders_of
from wire.catalogue.model import Texts
from wire.documents.model import ActionName
from wire.errors import Fault, TextRefused
from wire.fields import Name
from wire.sentence import Sentence, sentence
from wire.yaml_text import read_yaml

ROSTER_PATH = "roster.yaml"
ENGINEERS = 1_000
ACTIONS = 200
FORMS = 3
PATCHES = "patches"
PATCH_ID, PATCH_DIGEST = "patch", "digest"  # the parameters of an action that applies a patch

PublicKeyText = Annotated[str, Meta(min_length=44, max_length=44)]  # base64 of the 32 raw bytes
TimeText = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\Z")]


class Engineer(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One engineer of the vendor. `classes` are what this key may ask for."""

    name: Name
    key: PublicKeyText
    classes: Annotated[list[Literal["action", "read", "transfer", "shell"]], Meta(min_length=1)]
    not_after: TimeText


class Roster(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The vendor's engineers, signed offline."""

    version: Literal[1, "1"]
    engineers: Annotated[list[Engineer], Meta(max_length=ENGINEERS)]


class ParameterRule(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One parameter of an action: a choice of a list, a whole number in bounds, or a name."""

    kind: Literal["choice", "number", "name"]
    choices: Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=200)] = []
    minimum: int = 0
    maximum: int = 0


class Step(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One program: argv, where an item `{service}` stands whole for that parameter's value."""

    argv: Annotated[list[Annotated[str, Meta(min_length=1, max_length=500)]], Meta(min_length=1, max_length=64)]
    timeout_s: Annotated[float, Meta(gt=0, le=3_600)] = 60
    output_bytes: Annotated[int, Meta(ge=0, le=1_000_000)] = 64_000


class Patching(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An action that applies a patch: which one stands in the request, by id and by the digest of its manifest."""


class Action(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A typed action: it runs a program, collects a support bundle, or applies a patch.

    `precheck` must exit 0 before that; `undo` takes a `run` back where that is possible.
    """

    name: ActionName
    title: Texts
    risk: Literal["low", "medium", "high"]
    parameters: dict[str, ParameterRule] = {}
    precheck: Step | None = None
    run: Step | None = None
    collect: Collection | None = None
    patch: Patching | None = None
    undo: Step | None = None


class Actions(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The typed actions of one product."""

    product: Name
    version: Name
    actions: Annotated[list[Action], Meta(max_length=ACTIONS)]

    def find(self, name: str) -> Action | None:
        """The action of that name."""
        return next((action for action in self.actions if action.name == name), None)


def actions_path(product: str) -> str:
    """The target path of a product's actions."""
    return f"{product}/actions.yaml"


def catalogue_path(product: str) -> str:
    """The target path of a product's catalogue."""
    return f"{product}/catalogue.yaml"


def patch_path(product: str, patch: str) -> str:
    """The target path of a patch's manifest."""
    return f"{product}/{PATCHES}/{patch}.json"


def is_patch_path(path: str) -> bool:
    """Whether a target is a patch's manifest."""
    return f"/{PATCHES}/" in path and path.endswith(".json")


def read_roster(text: bytes) -> Roster:
    """The roster in a verified target; `TextRefused` otherwise."""
    return read_yaml(text, Roster)


def read_actions(text: bytes) -> Actions:
    """The actions in a verified target; `TextRefused` otherwise, also for a placeholder without its parameter."""
    actions = read_yaml(text, Actions)
    faults = [
        Fault(0, 0, sentence("{action} has no parameter {name}", action=action.name, name=name))
        for action in actions.actions
        for name in sorted(_placeholders(action) - set(action.parameters))
    ]
    faults += [Fault(0, 0, words) for action in actions.actions for words in _form_faults(action)]
    if faults:
        raise TextRefused(faults)
    return actions


def _form_faults(action: Action) -> Iterator[Sentence]:
    if [action.run, action.collect, action.patch].count(None) != FORMS - 1:
        yield sentence("{action} has to have exactly one of run, collect and patch", action=action.name)
    if action.patch is None:
        return
    kinds = {name: rule.kind for name, rule in action.parameters.items()}
    if kinds != {PATCH_ID: "name", PATCH_DIGEST: "name"}:
        yield sentence("{action}: a patch has the parameters patch and digest, both of kind name", action=action.name)
    if action.precheck or action.undo:
        yield sentence("{action}: a patch checks and takes back by itself", action=action.name)


def _placeholders(action: Action) -> set[str]:
    steps = [step for step in (action.precheck, action.run, action.undo) if step is not None]
    found = {item[1:-1] for step in steps for item in step.argv if item.startswith("{") and item.endswith("}")}
    return found | (placeholders_of(action.collect) if action.collect else set())
