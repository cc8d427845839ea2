"""Why two records are, or are not, one customer.

A mixture of classes is not additive, so weights cannot simply be listed. The waterfall telescopes: it takes the log
odds after the prior, after the first comparison, after the first two, and so on in the model's fixed order; each step
is the difference, in integers, and their sum is the match weight exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from config.errors import UsageError
from config.matching import Costs
from dedupe.coding import Coded, code_columns
from dedupe.comparisons import Comparison
from dedupe.decisions import DECIDERS, DECISIONS, MODEL, POSSIBLE_LINK, by_cost
from dedupe.engine import class_scores, compare_pairs, knowledge, match_weights, posteriors, probabilities
from dedupe.features import COUNTED, SHARED_COLUMNS, PartyFeatures, party_features
from dedupe.folding import fold, fold_name, fold_number, stem
from dedupe.model import LatentClasses, Model
from dedupe.party_kinds import PartyKind
from dedupe.scoring import decide_pairs

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]
PRIOR = "prior"


@dataclass(frozen=True)
class Step:
    """One comparison of the waterfall."""

    comparison: str
    level: str
    micro_bits: int
    meaning: str
    """What the comparison looks at, for the clerk."""


@dataclass(frozen=True)
class Explanation:
    """The waterfall of a pair, what it may be instead, and what would turn the decision."""

    party_kind: str
    match_weight: int
    match_probability: int
    decision: str
    decided_by: str
    reason: str | None
    """The rule that decided, or ``possible_link`` as in the queue; None where the model decided alone."""
    perhaps: str
    """The likeliest class of pairs that is not one customer."""
    waterfall: tuple[Step, ...]
    """The prior first; the micro-bits of all steps sum to the match weight."""
    posteriors: Mapping[str, int]
    """Parts per million of each class of pairs."""
    flip: str | None
    """The nearest level that would change the decision; None where a rule decides or none would."""
    values: Mapping[str, tuple[str | None, str | None]] = field(repr=False)
    """Comparison to what was compared, folded; personal, so neither printed nor part of :meth:`to_dict`."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON; it holds no personal data."""
        plain = asdict(self)
        plain["waterfall"] = list(plain["waterfall"])
        del plain["values"]
        return plain

    def for_reader(self) -> dict[str, Any]:
        """The same with the values of both sides in each step, for whoever may see the records."""
        plain = self.to_dict()
        for step in plain["waterfall"]:
            step["value_1"], step["value_2"] = self.values.get(step["comparison"], (None, None))
        return plain


def explain_pair(records: pa.Table, record_id_1: str, record_id_2: str, *, model: Model) -> Explanation:
    """Why the model decides this pair as it does; clerks' decisions are not known here.

    Args:
        records: the live party records: how many of them share a telephone number is part of the evidence.
        record_id_1: one record.
        record_id_2: the other one; the order does not matter.
        model: the model in use.

    Raises:
        UsageError: a record is not live, or one is a person and the other a firm.
    """
    features = _features_of_pair(records, record_id_1, record_id_2, model=model)
    index = {record_id: place for place, record_id in enumerate(features.record_ids)}
    places = sorted((index[record_id_1], index[record_id_2]))
    left, right = (np.array([place], dtype=np.int64) for place in places)
    levels = compare_pairs(features, left, right, known=knowledge(model, features))
    return _explanation(features, left, right, levels[0].astype(np.int64), model=model)


def _features_of_pair(records: pa.Table, record_id_1: str, record_id_2: str, *, model: Model) -> PartyFeatures:
    wanted = pa.array([record_id_1, record_id_2])
    pair = records.filter(pc.is_in(records["record_id"], value_set=wanted))
    if pair.num_rows != 2:
        raise UsageError("both records of a pair must be live, and two")
    kinds = pc.unique(pair["party_kind"]).to_pylist()
    if len(kinds) != 1:
        raise UsageError("a person and a firm are never one customer: they are related, if at all")
    return party_features(_sharing(records, pair), party_kind=kinds[0], matching=model.matching)


def _sharing(records: pa.Table, pair: pa.Table) -> pa.Table:
    """The pair, and all records that share a counted value with it, or a house or name in its town, or a birthday."""
    keep = pc.or_(
        pc.is_in(records["record_id"], value_set=pair["record_id"].combine_chunks()),
        pa.array(_around(records, pair)),
    )
    for columns in SHARED_COLUMNS.values():
        values = pa.concat_arrays([pair[column].combine_chunks() for column in columns]).drop_null()
        for column in columns:
            keep = pc.or_(keep, pc.is_in(records[column], value_set=values))
    return records.filter(keep)


def _around(records: pa.Table, pair: pa.Table) -> Mask:
    """Records in the town of one of the pair that share its house number or family name, and all born on its day."""
    found = _is_among(records, pair, "city", fold)
    town = np.flatnonzero(found)
    some = records.take(pa.array(town))
    found[town] = _is_among(some, pair, "house", fold_number) | _is_among(some, pair, "family_name", _stem)
    dates = pair["birth_date"].combine_chunks().drop_null()
    return np.asarray(found | pc.is_in(records["birth_date"], value_set=dates).to_numpy())


def _is_among(records: pa.Table, pair: pa.Table, column: str, transform: Callable[[str], str | None]) -> Mask:
    """Records whose value in a column is one of the pair's; a missing one is a value like others."""
    ours, theirs = (pa.concat_arrays(table[column].chunks).cast(pa.string()) for table in (records, pair))
    (coded,) = code_columns([pa.concat_arrays([ours, theirs])], transform)
    return np.isin(coded.codes[: len(ours)], coded.codes[len(ours) :])


def _stem(name: str) -> str | None:
    folded = fold_name(name)
    return folded and stem(folded)


def _explanation(features: PartyFeatures, left: Longs, right: Longs, levels: Longs, *, model: Model) -> Explanation:
    classes = model.classes_of(features.party_kind)
    matrix = levels[None, :].astype(np.int8)
    scores = class_scores(matrix, classes, features.kind)
    decided = decide_pairs(features, left, right, matrix, model=model, clerk={})
    weight, likelihood = match_weights(scores, classes), posteriors(scores)[0]
    is_model = int(decided.decided_by[0]) == MODEL
    other = np.where(classes.is_same, -1, likelihood).argmax()
    return Explanation(
        party_kind=features.party_kind,
        match_weight=int(weight[0]),
        match_probability=int(probabilities(weight)[0]),
        decision=DECISIONS[int(decided.decision[0])],
        decided_by=DECIDERS[int(decided.decided_by[0])],
        reason=DECISIONS[POSSIBLE_LINK] if decided.decision[0] == POSSIBLE_LINK else decided.reason[0],
        perhaps=classes.classes[int(other)],
        waterfall=waterfall(levels, features.kind, classes),
        posteriors=dict(zip(classes.classes, likelihood.tolist(), strict=True)),
        flip=flipping_level(levels, features.kind, classes, costs=model.matching.costs) if is_model else None,
        values=_values(features, int(left[0]), int(right[0])),
    )


def _values(features: PartyFeatures, left: int, right: int) -> dict[str, tuple[str | None, str | None]]:
    comparisons = features.kind.comparisons
    return {
        comparison.name: (_text(features, left, fields), _text(features, right, fields))
        for comparison in comparisons
        for fields in [_own_fields(comparison, comparisons)]
    }


def _own_fields(comparison: Comparison, comparisons: tuple[Comparison, ...]) -> tuple[str, ...]:
    """The fields a comparison is about: its first one, and those no other comparison looks at."""
    others = {
        name
        for one in comparisons
        if one.name != comparison.name and one.fields[0] not in COUNTED
        for name in one.fields
    }
    return tuple(name for name in comparison.fields if name == comparison.fields[0] or name not in others)


def _text(features: PartyFeatures, record: int, fields: tuple[str, ...]) -> str | None:
    texts = [_value(features.fields[name], record) for name in fields]
    return " ".join(dict.fromkeys(filter(None, texts))) or None


def _value(coded: Coded, record: int) -> str | None:
    code = int(coded.codes[record])
    return None if code < 0 else coded.values[code]


def waterfall(levels: Longs, kind: PartyKind, classes: LatentClasses) -> tuple[Step, ...]:
    """The steps of a row of levels of any kind of party: prior first, then each comparison in order."""
    comparisons = kind.comparisons
    # Row k has the first k comparisons; "missing" (0) is no factor, so the rest do not count yet.
    partial = np.tril(np.ones((len(comparisons) + 1, len(comparisons)), dtype=np.int64), k=-1) * levels[None, :]
    totals = match_weights(class_scores(partial.astype(np.int8), classes, kind), classes)
    steps = np.diff(totals, prepend=np.int64(0)).tolist()
    first = Step(PRIOR, "candidate_pair", steps[0], "What is known before anything is compared.")
    return (
        first,
        *(
            Step(comparison.name, comparison.levels[int(level)], bits, comparison.meaning)
            for comparison, level, bits in zip(comparisons, levels, steps[1:], strict=True)
        ),
    )


def flipping_level(levels: Longs, kind: PartyKind, classes: LatentClasses, *, costs: Costs) -> str | None:
    """The one level that would change the model's decision with the least change of weight; None if none would."""
    comparisons = kind.comparisons
    others = [
        (place, level)
        for place, comparison in enumerate(comparisons)
        for level in range(len(comparison.levels))
        if level != levels[place]
    ]
    rows = np.tile(levels, (len(others) + 1, 1))
    for row, (place, level) in enumerate(others, start=1):
        rows[row, place] = level
    weights = match_weights(class_scores(rows.astype(np.int8), classes, kind), classes)
    decisions = by_cost(probabilities(weights), costs)
    changed = np.flatnonzero(decisions != decisions[0])
    if not len(changed):
        return None
    nearest = int(changed[np.abs(weights[changed] - weights[0]).argmin()])
    place, level = others[nearest - 1]
    comparison = comparisons[place]
    verdict = DECISIONS[int(decisions[nearest])].replace("_", " ")
    return f"{comparison.name} {comparison.levels[level]}: {verdict}".replace("_", " ")
