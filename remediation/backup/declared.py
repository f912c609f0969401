"""What of a vendor's declaration counts on this host: nothing that the customer's policy does not allow. Pure.

Trees and SQLite files count below the roots of `bounds`. A database of a server counts only where the
policy names it with its login; the declaration then adds its assertions. The declaration can leave things
out of its own trees only: an exclusion of the vendor never reaches what the customer named.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from msgspec.structs import replace

from remediation.backup.policy_file import AssertionRule, DatabaseRule, WhatRule
from wire.catalogue.saved import Saved, SavedDatabase
from wire.sentence import Sentence, sentence


@dataclass(frozen=True)
class Admitted:
    """The policy with what was admitted, and what was not."""

    what: WhatRule
    refused: tuple[Sentence, ...] = ()


def admit(what: WhatRule, declared: Saved) -> Admitted:
    """`what` with everything of `declared` that its bounds allow."""
    refused: list[Sentence] = []
    trees = [tree for tree in declared.trees if _is_inside(tree, what.bounds.roots)]
    refused += [_outside(tree) for tree in declared.trees if tree not in trees]
    databases = list(what.databases)
    for database in declared.databases:
        if database.engine not in what.bounds.databases:
            refused.append(
                sentence(
                    "{name} is not saved for the product: bounds.databases does not allow {engine}",
                    name=database.name,
                    engine=database.engine,
                )
            )
        elif database.file is not None:
            _add_file(databases, database, what, refused)
        else:
            _add_assertions(databases, database, refused)
    new = [tree for tree in trees if not _is_inside(tree, what.trees)]
    own = [pattern for pattern in declared.exclude if _keeps_to(pattern, new, what)]
    refused += [
        sentence("the exclusion {pattern} of the product would reach what the policy names", pattern=pattern)
        for pattern in declared.exclude
        if pattern not in own
    ]
    found = replace(what, trees=[*what.trees, *new], exclude=[*what.exclude, *own], databases=databases)
    return Admitted(found, tuple(refused))


def _add_file(databases: list[DatabaseRule], declared: SavedDatabase, what: WhatRule, refused: list[Sentence]) -> None:
    path = declared.file or ""
    known = [place for place, rule in enumerate(databases) if rule.engine == "sqlite" and rule.path == path]
    if known:
        databases[known[0]] = _with_assertions(databases[known[0]], declared)
    elif not _is_inside(path, what.bounds.roots):
        refused.append(_outside(path))
    elif any(rule.name == declared.name for rule in databases):
        refused.append(sentence("the policy has another database called {name}", name=declared.name))
    else:
        databases.append(_with_assertions(DatabaseRule(name=declared.name, engine="sqlite", path=path), declared))


def _add_assertions(databases: list[DatabaseRule], declared: SavedDatabase, refused: list[Sentence]) -> None:
    is_named = False
    for place, rule in enumerate(databases):
        if rule.engine == declared.engine and (
            rule.engine == "redis" or any(fnmatchcase(rule.database, pattern) for pattern in declared.names)
        ):
            databases[place] = _with_assertions(rule, declared)
            is_named = True
    if not is_named:
        refused.append(
            sentence("{name} is not saved for the product: name its database with a login in the policy",
                     name=declared.name)
        )  # fmt: skip


def _with_assertions(rule: DatabaseRule, declared: SavedDatabase) -> DatabaseRule:
    known = {assertion.name for assertion in rule.assertions}
    more = [
        AssertionRule(name=assertion.name, query=assertion.query, equals=assertion.equals)
        for assertion in declared.assertions
        if assertion.name not in known
    ]
    return replace(rule, assertions=[*rule.assertions, *more])


def _is_inside(path: str, roots: list[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(root) for root in roots)


def _keeps_to(pattern: str, trees: list[str], what: WhatRule) -> bool:
    """Whether a pattern can reach nothing but below these trees: it begins with one of them, to the letter."""
    plain = pattern.split("*", maxsplit=1)[0].split("?", maxsplit=1)[0].split("[", maxsplit=1)[0]
    inside = [tree for tree in trees if plain.startswith(tree.rstrip("/") + "/")]
    return bool(inside) and not any(_is_inside(own, inside) for own in (*what.trees, *what.named))


def _outside(path: str) -> Sentence:
    return sentence("{path} is not saved for the product: it is outside of bounds.roots", path=path)
