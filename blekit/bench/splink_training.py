"""Splink models of party records: their settings, and how they are trained, by Splink's own functions throughout."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from splink import DuckDBAPI, Linker
from splink.internals.exceptions import EMTrainingException
from splink.internals.splink_dataframe import SplinkDataFrame

from blekit.bench.splink_choice import SplinkChoice
from blekit.bench.splink_comparisons import firm_comparisons, person_comparisons
from blekit.bench.splink_rules import blocking_rules
from config.errors import BadData

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SURE = {
    "person": (
        "l.pesel = r.pesel",
        "l.full_name = r.full_name and l.birth = r.birth",
        "l.full_name = r.full_name and l.phone = r.phone",
    ),
    "firm": (
        "l.regon = r.regon",
        "l.nip = r.nip and l.postal = r.postal",
        "l.org_words = r.org_words and l.phone = r.phone",
    ),
}
_EM = {
    "person": {
        "mixed": (
            "l.birth = r.birth and l.last_3 = r.last_3",
            "l.phone = r.phone and l.first_3 = r.first_3",
            "l.full_name = r.full_name and l.birth_y = r.birth_y",
            "l.city = r.city and l.street = r.street and l.house = r.house and l.first_3 = r.first_3",
        ),
        "identity": (
            "l.pesel = r.pesel",
            "l.full_name = r.full_name and l.birth = r.birth",
            "l.id_document = r.id_document",
        ),
    },
    "firm": {
        "mixed": (
            "l.nip = r.nip and l.postal = r.postal and l.house = r.house",
            "l.phone = r.phone and l.org_1 = r.org_1",
            "l.org_words = r.org_words and l.city = r.city",
            "l.city = r.city and l.street = r.street and l.house = r.house",
        ),
        "identity": (
            "l.regon = r.regon",
            "l.org_words = r.org_words and l.postal = r.postal and l.house = r.house",
            "l.org_words = r.org_words and l.phone = r.phone",
        ),
    },
}
_LABEL = {"person": "pesel", "firm": "regon"}


def settings(kind: str, choice: SplinkChoice) -> dict[str, Any]:
    """Untrained settings of one party kind."""
    comparisons = person_comparisons(choice) if kind == "person" else firm_comparisons(choice)
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": blocking_rules(kind, is_lean=choice.blocking == "lean"),
        # Nobody reads these columns here; without them Splink is faster and leaner.
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


@dataclass(frozen=True)
class Loaded:
    """A linker, the prepared table it links, and the database both are in."""

    linker: Linker
    api: DuckDBAPI
    table: SplinkDataFrame


def load(connection: DuckDBPyConnection, table: str, plain: Mapping[str, Any]) -> Loaded:
    """A linker over a prepared table, with trained or untrained settings."""
    api = DuckDBAPI(connection)
    registered = api.register(table)
    return Loaded(Linker(registered, dict(plain), log_level=logging.ERROR), api, registered)


def train(linker: Linker, kind: str, choice: SplinkChoice, *, seed: int, u_pairs: float) -> None:
    """Prior from deterministic rules, u from random pairs, m by EM or from pairs of equal identifier."""
    training = linker.training
    training.estimate_probability_two_random_records_match(list(_SURE[kind]), recall=choice.recall)
    training.estimate_u_using_random_sampling(max_pairs=u_pairs, seed=seed)
    if choice.learn == "pesel":
        training.estimate_m_from_label_column(_LABEL[kind])
        rules: tuple[str, ...] = _EM[kind]["mixed"][2:3]  # the identifier itself needs pairs found without it
    else:
        rules = _EM[kind][choice.em_rules]
    learnt = [_expectation_maximisation(linker, rule) for rule in rules]
    if not any(learnt):
        raise BadData("Splink learned nothing: no blocking rule of its training has pairs enough")


def _expectation_maximisation(linker: Linker, rule: str) -> bool:
    """One session of EM; a rule with so few pairs that a level never occurs is refused by Splink, and left out."""
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    except (ValueError, EMTrainingException):
        return False
    return True
