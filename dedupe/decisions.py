"""Decisions about pairs: clerk over hard rule over model.

The model's probability becomes a decision by least expected cost; the costs are stated in ``config/matching.yml`` and
frozen into the model. A hard rule says what no probability may overrule, a clerk overrules both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from config.matching import Costs
from dedupe.coding import PartyFeatures
from dedupe.em import Patterns
from dedupe.engine import Weights, probabilities
from dedupe.kernels import Mask
from dedupe.levels import Named
from dedupe.model import MICRO

if TYPE_CHECKING:
    from dedupe.party_kinds import PartyKind

DECISIONS = ("non_link", "possible_link", "link")
NON_LINK, POSSIBLE_LINK, LINK = range(3)
DECIDERS = ("model", "rule", "clerk")
MODEL, RULE, CLERK = range(3)


@dataclass(frozen=True)
class ClerkDecision:
    """A steward's word on two records; it holds whatever the model says."""

    decision_no: int
    record_id_1: str
    record_id_2: str
    kind: str
    """``same`` or ``different``."""
    match_weight: int | None = None
    """The weight it was taken on; without it nobody can tell whether the evidence changed since."""


@dataclass(frozen=True)
class Decided:
    """The decision on each pair."""

    decision: NDArray[np.int8]
    decided_by: NDArray[np.int8]
    reason: NDArray[np.object_]
    is_reopened: Mask
    """Decided by a clerk, and the evidence now speaks against it as it did not then: the decision holds, and is asked
    again."""


def standing_decisions(clerk: Sequence[ClerkDecision]) -> dict[tuple[str, str], ClerkDecision]:
    """The last decision on each pair; the pair in id order."""
    standing: dict[tuple[str, str], ClerkDecision] = {}
    for decision in sorted(clerk, key=lambda one: one.decision_no):
        low, high = sorted((decision.record_id_1, decision.record_id_2))
        standing[low, high] = decision
    return standing


def by_cost(probability: NDArray[np.int64], costs: Costs) -> NDArray[np.int8]:
    """The decision of least expected cost for each probability in parts per million."""
    link = (MICRO - probability) * costs.false_link
    apart = probability * costs.missed_link
    review = costs.review * MICRO
    return np.select(
        [(link <= review) & (link <= apart), apart <= review],
        [np.int8(LINK), np.int8(NON_LINK)],
        np.int8(POSSIBLE_LINK),
    ).astype(np.int8)


def rule_names(kind: PartyKind) -> tuple[str | None, ...]:
    """What the numbers of :func:`hard_rules` mean."""
    return (None, *kind.hard_rules, "one_source", "one_row")


def hard_rules(
    features: PartyFeatures,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    patterns: Patterns,
    *,
    unique_sources: Sequence[str],
) -> NDArray[np.int8]:
    """The number of the rule that forbids each pair, 0 where none does."""
    named = Named(patterns.levels, features.kind.comparisons)
    by_pattern = np.zeros(len(patterns.levels), dtype=np.int8)
    for number, forbids in enumerate(features.kind.hard_rules.values(), start=1):
        by_pattern[forbids(named)] = number
    rules: NDArray[np.int8] = by_pattern[patterns.pattern_of_pair]
    rules[_is_one_source(features, left, right, unique_sources)] = len(features.kind.hard_rules) + 1
    rules[_is_one_row(features, left, right)] = len(features.kind.hard_rules) + 2
    return rules


def two_pesels(named: Named) -> Mask:
    """Two valid PESELs and different given names: two people, however much of the household agrees."""
    return named.at("pesel", "other") & named.at("given_name", "other_sex", "other", "alike")


def other_sex(named: Named) -> Mask:
    """A man's and a woman's name: an equal PESEL is then the one of a spouse."""
    return named.at("given_name", "other_sex")


def two_births(named: Named) -> Mask:
    """Another family name and another date of birth: whoever took a new name kept the day he was born."""
    return _is_birth_other(named) & named.at("family_name", "other", "other_woman", "alike")


def name_alone(named: Named) -> Mask:
    """Nothing agrees but the name. Namesakes are seldom in the data a model learns from, and many in a nation."""
    return ~(
        named.at("birth_date", "typo", "swapped", "exact")
        | named.at("pesel", "same_birth", "two_digits", "near", "exact")
        | named.at("id_document", "near", "exact")
        | named.at("phone", "near", "exact*")
        | named.at("email", "same_name", "exact")
        | named.at("address", *_NEAR)
        | (named.at("address", "near_postal", "same_place") & ~_is_birth_other(named))
    )


def no_common_name(named: Named) -> Mask:
    """Two firms with other names and no number in common are neighbours, even in one house."""
    return named.at("org_name", "other", "generic") & ~(
        named.at("nip", "near", "exact")
        | named.at("regon", "near", "exact")
        | named.at("pesel", "near", "exact")
        | named.at("phone", "exact*")
    )


def _is_birth_other(named: Named) -> Mask:
    return named.at("birth_date", "other") | named.at("pesel", "other")


_NEAR = (
    *("same_postal", "same_numbers", "same_street", "same_house_by_postal"),
    *("other_flat", "flat_unknown", "same_house", "same_flat"),
)
PERSON_RULES: Mapping[str, Callable[[Named], Mask]] = {
    "name_alone": name_alone,
    "other_sex": other_sex,
    "two_births": two_births,
    "two_pesels": two_pesels,
}
FIRM_RULES: Mapping[str, Callable[[Named], Mask]] = {"no_common_name": no_common_name}
"""Later rules overwrite the reason of earlier ones."""


def _is_one_row(features: PartyFeatures, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Two parties a source put into one row are two customers: it told them apart itself."""
    rows = features.fields["row"].codes
    return np.asarray(rows[left] == rows[right])


def _is_one_source(
    features: PartyFeatures, left: NDArray[np.int64], right: NDArray[np.int64], unique_sources: Sequence[str]
) -> NDArray[np.bool_]:
    source = features.fields["source"]
    is_unique = np.array([value in set(unique_sources) for value in source.values] + [False])
    return np.asarray((source.codes[left] == source.codes[right]) & is_unique[source.codes[left]])


def decide(
    weights: Weights,
    patterns: Patterns,
    forbidden: NDArray[np.int8],
    *,
    rules: Sequence[str | None],
    costs: Costs,
    classes: Sequence[str],
    clerk: Mapping[int, ClerkDecision],
) -> Decided:
    """What becomes of each pair.

    Args:
        weights: what the model says of each pattern.
        patterns: which one each pair has.
        forbidden: the number of the hard rule against each pair, 0 where there is none.
        rules: what the numbers mean.
        costs: of mistakes.
        classes: names of the latent classes.
        clerk: position of a pair to the standing decision on it.
    """
    decision = by_cost(weights.match_probability, costs)
    perhaps = np.where(decision == POSSIBLE_LINK, weights.likeliest_other + len(rules), 0).astype(np.int16)
    decision, reason = decision[patterns.pattern_of_pair], perhaps[patterns.pattern_of_pair]
    has_rule = forbidden > 0
    decided_by = np.where(has_rule, RULE, MODEL).astype(np.int8)
    decision[has_rule] = NON_LINK
    reason[has_rule] = forbidden[has_rule]
    # The texts are few: the array holds one pointer per pair.
    texts = np.array([*rules, *(f"perhaps_{name}" for name in classes)], dtype=object)[reason]
    for place, standing in clerk.items():
        decided_by[place] = CLERK
        decision[place] = LINK if standing.kind == "same" else NON_LINK
        texts[place] = f"decision {standing.decision_no}"
    now = {place: int(weights.match_weight[patterns.pattern_of_pair[place]]) for place in clerk}
    return Decided(decision, decided_by, texts, _reopened(now, clerk, pairs=len(decision), costs=costs))


def _reopened(weights: Mapping[int, int], clerk: Mapping[int, ClerkDecision], *, pairs: int, costs: Costs) -> Mask:
    reopened = np.zeros(pairs, dtype=np.bool_)
    for place, standing in clerk.items():
        reopened[place] = speaks_against(standing, weights[place], costs=costs) and not (
            standing.match_weight is None or speaks_against(standing, standing.match_weight, costs=costs)
        )
    return reopened


def speaks_against(decision: ClerkDecision, match_weight: int, *, costs: Costs) -> bool:
    """Whether the model alone, upon this weight, would decide the opposite; doubt is no opposite."""
    (alone,) = by_cost(probabilities(np.array([match_weight], dtype=np.int64)), costs)
    return int(alone) == (NON_LINK if decision.kind == "same" else LINK)
