"""Which records are the same customer, and what that customer is like.

Pure: party records, clerks' decisions and a frozen model in; links, customers, golden values, relationships and open
questions out. Equal input gives equal bytes, whatever the order of the rows.
"""

from dedupe.decisions import ClerkDecision
from dedupe.identity import customer_id, record_ref
from dedupe.model import Model
from dedupe.resolution import Resolution, candidate_pairs, expected_precision, resolve, score_pairs
from dedupe.training import ModelRefused, train

__all__ = [
    "ClerkDecision",
    "Model",
    "ModelRefused",
    "Resolution",
    "candidate_pairs",
    "customer_id",
    "expected_precision",
    "record_ref",
    "resolve",
    "score_pairs",
    "train",
]
