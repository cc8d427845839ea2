"""The matching model: a frozen table of integer weights, and everything else a score depends on.

A cutover never trains. A model names its comparisons and their levels; one made for others is refused. Its version is
the hash of its canonical form, so an approval covers exactly the model it was given for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from config.errors import ConfigurationError
from config.matching import Matching
from dedupe.comparisons import Comparison
from dedupe.firm_comparisons import FIRM_COMPARISONS
from dedupe.person_comparisons import PERSON_COMPARISONS

COMPARISONS: Mapping[str, tuple[Comparison, ...]] = {"person": PERSON_COMPARISONS, "firm": FIRM_COMPARISONS}
"""In the order of the waterfall."""
MICRO = 1_000_000


@dataclass(frozen=True)
class LatentClasses:
    """What kinds of pair there are, and how each level speaks for each of them."""

    classes: tuple[str, ...]
    is_same: tuple[bool, ...]
    """Which classes mean one customer: those the identity rule let count."""
    prior: tuple[int, ...]
    """log2 of the share of candidate pairs in each class, micro-bits."""
    weights: Mapping[str, tuple[tuple[int, ...], ...]]
    """Comparison to level to class: log2 of the level's probability in the class, micro-bits; missing is all zeros."""


@dataclass(frozen=True)
class Rarity:
    """How surprising a name is, in half-bits: frozen with the model, so that new records never change old scores."""

    default: int
    values: Mapping[str, int]

    def of(self, name: str) -> int:
        """Half-bits of a name; one the model never met is as rare as it gets."""
        return self.values.get(name, self.default)


def full_names(matching: Matching) -> Mapping[str, frozenset[str]]:
    """A diminutive or a full name to the full names it may stand for."""
    meant = {name: frozenset({name}) for names in matching.diminutives.values() for name in names}
    for short, names in matching.diminutives.items():
        meant[short] = meant.get(short, frozenset()) | frozenset(names) | {short}
    return meant


def org_rarity(rarities: Mapping[str, Rarity]) -> Callable[[str], int]:
    """Half-bits of a firm's name: the sum over its words."""
    words = rarities.get("org_word", Rarity(default=0, values={}))
    return lambda name: sum(words.of(word) for word in set(name.split()))


@dataclass(frozen=True)
class Model:
    """A trained matching model."""

    person: LatentClasses
    firm: LatentClasses
    rarities: Mapping[str, Rarity]
    """``given_name``, ``family_name`` and ``org_word``."""
    matching: Matching
    trained_on: Mapping[str, int | str]
    """What it learned from, for people: counts, seed, whatever names the deliveries and the code."""

    def classes_of(self, party_kind: str) -> LatentClasses:
        """The classes of one party kind."""
        return self.person if party_kind == "person" else self.firm

    def to_dict(self) -> dict[str, Any]:
        """As plain numbers, texts and lists, ready for YAML."""
        return {
            "trained_on": dict(self.trained_on),
            "person": _classes_to_dict(self.person, PERSON_COMPARISONS),
            "firm": _classes_to_dict(self.firm, FIRM_COMPARISONS),
            "rarities": {name: _rarity_to_dict(rarity) for name, rarity in sorted(self.rarities.items())},
            "matching": self.matching.model_dump(mode="json"),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Model:
        """The model a plain dict describes.

        Raises:
            ConfigurationError: it is incomplete, or was trained on other comparisons or levels than these.
        """
        try:
            return cls(
                person=_classes_from_dict(plain["person"], PERSON_COMPARISONS),
                firm=_classes_from_dict(plain["firm"], FIRM_COMPARISONS),
                rarities={name: _rarity_from_dict(rarity) for name, rarity in plain["rarities"].items()},
                matching=Matching.model_validate(plain["matching"]),
                trained_on=dict(plain["trained_on"]),
            )
        except (KeyError, TypeError, AttributeError) as exc:
            raise ConfigurationError(f"matching model: {type(exc).__name__} at {exc}") from exc
        except ValidationError as exc:
            first = exc.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(f"matching model: matching.{key}: {first['msg']}") from exc
        except ValueError as exc:
            raise ConfigurationError("matching model: a weight that is no whole number") from exc

    @cached_property
    def canonical(self) -> str:
        """The model as JSON, spelt the one way its version is the hash of."""
        return json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))

    @cached_property
    def version(self) -> str:
        """sha256 of the canonical form."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    @cached_property
    def full_names(self) -> Mapping[str, frozenset[str]]:
        """A diminutive or a full name to the full names it may stand for."""
        return full_names(self.matching)


def _classes_to_dict(classes: LatentClasses, comparisons: tuple[Comparison, ...]) -> dict[str, Any]:
    return {
        "classes": list(classes.classes),
        "is_same": list(classes.is_same),
        "prior": list(classes.prior),
        "weights": {
            comparison.name: {
                level: list(weights)
                for level, weights in zip(comparison.levels, classes.weights[comparison.name], strict=True)
            }
            for comparison in comparisons
        },
    }


def _classes_from_dict(plain: Mapping[str, Any], comparisons: tuple[Comparison, ...]) -> LatentClasses:
    names = [comparison.name for comparison in comparisons]
    if sorted(plain["weights"]) != sorted(names):
        raise ConfigurationError(
            f"matching model: trained on {', '.join(plain['weights'])}; this version compares {', '.join(names)}",
            hint="Train it again with `blekit model train`",
        )
    if not len(plain["classes"]) == len(plain["is_same"]) == len(plain["prior"]):
        raise ConfigurationError("matching model: classes, is_same and prior are of different lengths")
    for comparison in comparisons:
        _check_levels(plain["weights"][comparison.name], comparison, classes=len(plain["classes"]))
    return LatentClasses(
        classes=tuple(plain["classes"]),
        is_same=tuple(bool(flag) for flag in plain["is_same"]),
        prior=tuple(int(weight) for weight in plain["prior"]),
        weights={
            comparison.name: tuple(
                tuple(int(weight) for weight in plain["weights"][comparison.name][level]) for level in comparison.levels
            )
            for comparison in comparisons
        },
    )


def _check_levels(weights: Mapping[str, Any], comparison: Comparison, *, classes: int) -> None:
    if set(weights) != set(comparison.levels):
        differing = ", ".join(sorted(set(weights) ^ set(comparison.levels)))
        raise ConfigurationError(
            f"matching model: comparison {comparison.name} has other levels: {differing}",
            hint="Train it again with `blekit model train`",
        )
    if any(len(of_level) != classes for of_level in weights.values()):
        raise ConfigurationError(f"matching model: comparison {comparison.name}: not one weight per class")


def _rarity_to_dict(rarity: Rarity) -> dict[str, Any]:
    names: dict[int, list[str]] = {}
    for name, half_bits in sorted(rarity.values.items()):
        names.setdefault(half_bits, []).append(name)
    return {"default": rarity.default, "names": {half_bits: " ".join(names[half_bits]) for half_bits in sorted(names)}}


def _rarity_from_dict(plain: Mapping[str, Any]) -> Rarity:
    values = {name: int(half_bits) for half_bits, names in plain["names"].items() for name in names.split()}
    return Rarity(default=int(plain["default"]), values=values)
