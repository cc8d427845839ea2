"""What was learned about a table, as plain numbers and texts, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.errors import ConfigurationError
from config.link_models import RarityTable, TrainedKind
from dedupe.blocking_rules import BlockingRule
from dedupe.comparisons import Comparison
from dedupe.model import LatentClasses, Rarity
from dedupe.party_kinds import PartyKind


@dataclass(frozen=True)
class Frozen:
    """Everything a score depends on beside the two records."""

    rules: tuple[BlockingRule, ...]
    classes: LatentClasses
    rarities: Mapping[str, Rarity]


def to_config(frozen: Frozen, kind: PartyKind) -> TrainedKind:
    """As a section of ``MODEL.yml``."""
    return TrainedKind(
        rules=tuple(_rule_to_text(rule) for rule in frozen.rules),
        classes=frozen.classes.classes,
        is_same=frozen.classes.is_same,
        prior=frozen.classes.prior,
        weights={
            comparison.name: dict(zip(comparison.levels, frozen.classes.weights[comparison.name], strict=True))
            for comparison in kind.comparisons
        },
        rarities={name: _rarity_to_table(rarity) for name, rarity in sorted(frozen.rarities.items())},
    )


def rules_and_rarities(trained: TrainedKind) -> tuple[tuple[BlockingRule, ...], dict[str, Rarity]]:
    """The blocking rules and frequencies of a section of ``MODEL.yml``."""
    rules = tuple(_rule_from_text(text) for text in trained.rules)
    return rules, {name: _rarity_from_table(table) for name, table in trained.rarities.items()}


def classes_of(trained: TrainedKind, kind: PartyKind) -> LatentClasses:
    """The weights of a section of ``MODEL.yml``.

    Raises:
        ConfigurationError: they were learned for other comparisons than the roles of the model give now.
    """
    for comparison in kind.comparisons:
        _check(trained, comparison)
    names = [comparison.name for comparison in kind.comparisons]
    if unknown := sorted(set(trained.weights) - set(names)):
        raise _other_comparisons(f"{unknown[0]} is in `trained` and no role gives it")
    return LatentClasses(
        classes=trained.classes,
        is_same=trained.is_same,
        prior=trained.prior,
        weights={
            comparison.name: tuple(trained.weights[comparison.name][level] for level in comparison.levels)
            for comparison in kind.comparisons
        },
    )


def _check(trained: TrainedKind, comparison: Comparison) -> None:
    weights = trained.weights.get(comparison.name)
    if weights is None:
        raise _other_comparisons(f"{comparison.name} is compared now and `trained` lacks it")
    if set(weights) != set(comparison.levels):
        raise _other_comparisons(f"the levels of {comparison.name} are others now")
    widths = {len(of_level) for of_level in weights.values()}
    if widths | {len(trained.is_same), len(trained.prior)} != {len(trained.classes)}:
        raise _other_comparisons(f"{comparison.name} has not one weight per class")


def _other_comparisons(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"the model was trained on other roles: {what}",
        hint="Remove `trained` to learn again, and keep the result with --save-model",
    )


def _rule_to_text(rule: BlockingRule) -> str:
    split_by = f" / {rule.split_by}" if rule.split_by else ""
    return f"{' '.join(rule.fields)}{split_by} : {rule.cap}"


def _rule_from_text(text: str) -> BlockingRule:
    rule, _, cap = text.rpartition(":")
    fields, _, split_by = rule.partition("/")
    cap = cap.strip()
    if cap not in ("wide", "narrow") or not fields.split():
        raise ConfigurationError(
            f"trained.rules: {text!r} is no blocking rule", hint="Like `f1 l1 birth / city : wide`"
        )
    return BlockingRule(tuple(fields.split()), "wide" if cap == "wide" else "narrow", split_by.strip() or None)


def _rarity_to_table(rarity: Rarity) -> RarityTable:
    values: dict[int, list[str]] = {}
    for value, half_bits in sorted(rarity.values.items()):
        values.setdefault(half_bits, []).append(value)
    return RarityTable(default=rarity.default, values={bits: "\t".join(values[bits]) for bits in sorted(values)})


def _rarity_from_table(table: RarityTable) -> Rarity:
    values = {value: bits for bits, texts in table.values.items() for value in texts.split("\t")}
    return Rarity(default=table.default, values=values)
