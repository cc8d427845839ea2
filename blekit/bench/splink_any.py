# ruff: noqa: S608 - column names are quoted, and all others are made here.
"""Splink on any table: a model made from the roles ``blekit link --propose-model`` finds, as an expert would begin.

Both engines start from the same knowledge, which column is what; neither has seen the truth.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from splink import DuckDBAPI, Linker
from splink.internals.exceptions import EMTrainingException

from blekit.bench.splink_comparisons import comparison, either_missing, level, like, missing, near, same
from config.errors import BadData
from pipeline.proposing import propose_model

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TEXTS = (
    *("given_name", "family_name", "full_name", "organisation_name", "street", "address", "place", "region"),
    *("email", "free_text"),
)
_NUMBERS = ("national_id", "phone", "house", "flat", "postal_code", "birth_date", "birth_year")
_KEYS = (
    *("national_id", "phone", "email", "birth_date family_name", "birth_date given_name", "given_name family_name"),
    *("family_name postal_code", "given_name postal_code", "family_name place", "street house", "street postal_code"),
    *("full_name", "organisation_name", "full_name:3 birth_date", "full_name:3 postal_code", "family_name house"),
    *("family_name:3 birth_date", "given_name:3 birth_date", "birth_date postal_code", "address:8 postal_code"),
    *("organisation_name:3 postal_code", "organisation_name:4 place", "address family_name:3", "address full_name:3"),
    *("given_name birth_year place", "family_name birth_year", "full_name:3 birth_year", "family_name free_text"),
)
"""Blocks by role; one whose roles the table lacks is left out. After the colon: so many first letters."""
_SURE = 4
"""The first so many blocks there are stand for what is surely one entity; EM learns from each of the first eight."""
_SESSIONS = 8
_RECALL = 0.7
_U_PAIRS = 5e6
_SEED = 1


def any_linker(connection: DuckDBPyConnection, file: str) -> Linker:
    """A linker over a table, trained on it.

    Raises:
        BadData: no block, or none with pairs enough to learn from.
    """
    roles = _roles(file)
    _prepare(connection, file, roles)
    fields = [field for field, _ in _fields(roles)]
    rules = [rule for key in _KEYS if (rule := _rule(key, fields))]
    if not rules:
        raise BadData(f"Splink finds no block among the roles {', '.join(roles)}")
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_id",
        "blocking_rules_to_generate_predictions": [{"blocking_rule": rule} for rule in rules],
        "comparisons": [_comparison(field) for field in fields],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }
    linker = Linker(DuckDBAPI(connection).register("any_table"), settings, log_level=logging.ERROR)
    _train(linker, rules)
    return linker


def _roles(file: str) -> dict[str, Sequence[str]]:
    with tempfile.TemporaryDirectory() as folder:
        roles: dict[str, Sequence[str]] = propose_model(Path(file), out=Path(folder) / "model.yml")["roles"]
    return {role: columns for role, columns in roles.items() if role in (*_TEXTS, *_NUMBERS)}


def _fields(roles: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Field and the column it is made of; a second column of a role is a field of its own."""
    return [
        (role if at == 0 else f"{role}_{at + 1}", column)
        for role, columns in roles.items()
        for at, column in enumerate(columns)
    ]


def _prepare(connection: DuckDBPyConnection, file: str, roles: Mapping[str, Sequence[str]]) -> None:
    """The fields, folded: upper case, no diacritics, one blank between words."""
    folded = "nullif(trim(regexp_replace(upper(strip_accents(cast({} as varchar))), '[^A-Z0-9@.]+', ' ', 'g')), '')"
    quoted = {field: '"' + column.replace('"', '""') + '"' for field, column in _fields(roles)}
    columns = ", ".join(f"{folded.format(column)} as {field}" for field, column in quoted.items())
    connection.execute(
        f"create table any_table as select cast(record_id as varchar) as record_id, {columns} from read_parquet($file)",
        {"file": file},
    )


def _rule(key: str, fields: Sequence[str]) -> str | None:
    parts = [part.partition(":") for part in key.split()]
    if any(field not in fields for field, _, _ in parts):
        return None
    cut = {field: "left({}." + f"{field}, {letters})" if letters else "{}." + field for field, _, letters in parts}
    return " and ".join(f"{one.format('l')} = {one.format('r')}" for one in cut.values())


def _comparison(field: str) -> dict[str, Any]:
    unknown = missing(either_missing(field))
    if field.startswith(_NUMBERS):
        return comparison(field, unknown, level(same(field), "same"), level(near(field), "one edit"))
    return comparison(
        field,
        unknown,
        level(same(field), "same", frequency=field),
        level(f"{like(field, 0.92)} or {near(field)}", "0.92 or one edit"),
        level(f"{_sorted_words(field, 'l')} = {_sorted_words(field, 'r')}", "same words"),
        level(like(field, 0.82), "0.82"),
        level(like(field, 0.7), "0.7"),
    )


def _sorted_words(field: str, side: str) -> str:
    return f"array_to_string(list_sort(string_split({field}_{side}, ' ')), ' ')"


def _train(linker: Linker, rules: Sequence[str]) -> None:
    training = linker.training
    training.estimate_probability_two_random_records_match(list(rules[:_SURE]), recall=_RECALL)
    training.estimate_u_using_random_sampling(max_pairs=_U_PAIRS, seed=_SEED)
    sessions = 0
    for rule in rules[:_SESSIONS]:
        try:
            training.estimate_parameters_using_expectation_maximisation(rule)
            sessions += 1
        except (ValueError, EMTrainingException):  # a block with so few pairs that some level never occurs
            continue
    if not sessions:
        raise BadData("Splink learned nothing: no block has pairs enough")
