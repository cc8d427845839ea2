"""Are our probabilities true? The table of :mod:`blekit.scoring.reliability` for a frozen model on labelled records."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from blekit.bench.labelled import score_labelled
from blekit.scoring.reliability import reliability
from dedupe.decisions import MODEL
from dedupe.model import Model
from dedupe.party_kinds import PARTY_KINDS


def reliability_tables(records: pa.Table, truth: pd.DataFrame, *, model: Model) -> dict[str, dict[str, Any]]:
    """By party kind, the candidate pairs the model itself decides: predicted and observed in bins of probability.

    Args:
        records: party records.
        truth: ``record_id, entity_id``; a pair counts when both its records are known.
        model: whose probabilities are judged.
    """
    tables = {}
    for party_kind in PARTY_KINDS:
        labelled, scored = score_labelled(records, truth, party_kind=party_kind, model=model)
        counts = labelled.is_judged & (scored.decided.decided_by == MODEL)
        tables[party_kind] = reliability(scored.weights.match_probability[counts], labelled.is_same[counts])
    return tables
