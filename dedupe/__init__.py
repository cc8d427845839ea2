"""Which records are the same customer, and what that customer is like.

Pure: party records, clerks' decisions and a frozen model in; links, customers, golden values, relationships and open
questions out. Equal input gives equal bytes, whatever the order of the rows.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dedupe.decisions import ClerkDecision
from dedupe.explain import Explanation, explain_pair
from dedupe.explain_apart import ApartExplanation, explain_apart
from dedupe.explain_cluster import ClusterExplanation, explain_cluster
from dedupe.identity import customer_id, record_ref
from dedupe.incremental import Previous, resolve_changes
from dedupe.model import Model
from dedupe.resolution import Resolution, resolve
from dedupe.scoring import candidate_pairs, expected_precision, score_pairs
from dedupe.training import ModelRefused, train

if TYPE_CHECKING:
    from dedupe.checking import CrossCheck, cross_check
    from dedupe.two_class import two_class_links

__all__ = [
    "ApartExplanation",
    "ClerkDecision",
    "ClusterExplanation",
    "CrossCheck",
    "Explanation",
    "Model",
    "ModelRefused",
    "Previous",
    "Resolution",
    "candidate_pairs",
    "cross_check",
    "customer_id",
    "expected_precision",
    "explain_apart",
    "explain_cluster",
    "explain_pair",
    "record_ref",
    "resolve",
    "resolve_changes",
    "score_pairs",
    "train",
    "two_class_links",
]

_WITH_RECORDLINKAGE = {
    "CrossCheck": "dedupe.checking",
    "cross_check": "dedupe.checking",
    "two_class_links": "dedupe.two_class",
}


def __getattr__(name: str) -> Any:
    """What needs recordlinkage and scikit-learn, once it is asked for: they take more memory than the engine itself."""
    if name not in _WITH_RECORDLINKAGE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WITH_RECORDLINKAGE[name]), name)
