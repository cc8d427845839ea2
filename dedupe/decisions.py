"""Decisions about pairs: clerk over hard rule over model.

The model's probability becomes a decision by least expected cost; the costs are stated in ``config/matching.yml`` and
frozen into the model. A hard rule says what no probability may overrule, a clerk overrules both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.matching import Costs
from dedupe.coding import PartyFeatures
from dedupe.engine import Weights, probabilities
from dedupe.kernels import Levels, Mask
from dedupe.levels import Named
from dedupe.model import MICRO

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


def hard_rules(
    features: PartyFeatures,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    levels: Levels,
    *,
    unique_sources: Sequence[str],
) -> NDArray[np.object_]:
    """The name of the rule that forbids each pair, None where none does."""
    named = Named(levels, features.kind.comparisons)
    reasons = np.full(len(left), None, dtype=object)
    for name, forbids in features.kind.hard_rules.items():
        reasons[forbids(named)] = name
    reasons[_is_one_source(features, left, right, unique_sources)] = "one_source"
    reasons[_is_one_row(features, left, right)] = "one_row"
    return reasons


def two_pesels(named: Named) -> Mask:
    """Two valid PESELs and different given names: two people, however much of the household agrees."""
    return named.at("pesel", "other") & named.at("given_name", "other_sex", "other", "alike")


def other_sex(named: Named) -> Mask:
    """A man's and a woman's name: an equal PESEL is then the one of a spouse."""
    return named.at("given_name", "other_sex")


def two_births(named: Named) -> Mask:
    """Another family name and another date of birth: whoever took a new name kept the day he was born."""
    other_birth = named.at("birth_date", "other") | named.at("pesel", "other")
    return other_birth & named.at("family_name", "other", "other_woman", "alike")


def name_alone(named: Named) -> Mask:
    """Nothing agrees but the name. Namesakes are seldom in the data a model learns from, and many in a nation."""
    return ~(
        named.at("birth_date", "typo", "swapped", "exact")
        | named.at("pesel", "two_digits", "near", "exact")
        | named.at("id_document", "near", "exact")
        | named.at("phone", "near", "exact*")
        | named.at("email", "same_name", "exact")
        | named.at("address", *_NEAR)
    )


def no_common_name(named: Named) -> Mask:
    """Two firms with other names and no number in common are neighbours, even in one house."""
    return named.at("org_name", "other", "generic") & ~(
        named.at("nip", "near", "exact")
        | named.at("regon", "near", "exact")
        | named.at("pesel", "near", "exact")
        | named.at("phone", "exact*")
    )


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
    forbidden: NDArray[np.object_],
    *,
    costs: Costs,
    classes: Sequence[str],
    clerk: Mapping[int, ClerkDecision],
) -> Decided:
    """What becomes of each pair.

    Args:
        weights: what the model says.
        forbidden: the hard rule against each pair, None where there is none.
        costs: of mistakes.
        classes: names of the latent classes.
        clerk: position of a pair to the standing decision on it.
    """
    decision = by_cost(weights.match_probability, costs)
    perhaps = np.array([f"perhaps_{name}" for name in classes], dtype=object)[weights.likeliest_other]
    reason = np.where(decision == POSSIBLE_LINK, perhaps, np.array(None, dtype=object))
    has_rule = np.array([rule is not None for rule in forbidden], dtype=np.bool_)
    decided_by = np.where(has_rule, RULE, MODEL).astype(np.int8)
    decision[has_rule] = NON_LINK
    reason[has_rule] = forbidden[has_rule]
    for place, standing in clerk.items():
        decided_by[place] = CLERK
        decision[place] = LINK if standing.kind == "same" else NON_LINK
        reason[place] = f"decision {standing.decision_no}"
    return Decided(decision, decided_by, reason, _reopened(weights, clerk, costs=costs))


def _reopened(weights: Weights, clerk: Mapping[int, ClerkDecision], *, costs: Costs) -> Mask:
    reopened = np.zeros(len(weights.match_weight), dtype=np.bool_)
    for place, standing in clerk.items():
        now = int(weights.match_weight[place])
        reopened[place] = speaks_against(standing, now, costs=costs) and not (
            standing.match_weight is None or speaks_against(standing, standing.match_weight, costs=costs)
        )
    return reopened


def speaks_against(decision: ClerkDecision, match_weight: int, *, costs: Costs) -> bool:
    """Whether the model alone, upon this weight, would decide the opposite; doubt is no opposite."""
    (alone,) = by_cost(probabilities(np.array([match_weight], dtype=np.int64)), costs)
    return int(alone) == (NON_LINK if decision.kind == "same" else LINK)
