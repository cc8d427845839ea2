"""How right the linkage was, against the truth of a simulated estate: one name for what :mod:`blekit.scoring` has."""

from blekit.scoring.baselines import exact_groups
from blekit.scoring.rates import bcubed_rates, cluster_rates, components, pairs_inside
from blekit.scoring.report import score
from blekit.scoring.slices import by_trap
from blekit.scoring.truth import known_records, read_relations, read_truth

__all__ = [
    "bcubed_rates",
    "by_trap",
    "cluster_rates",
    "components",
    "exact_groups",
    "known_records",
    "pairs_inside",
    "read_relations",
    "read_truth",
    "score",
]
