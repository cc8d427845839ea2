"""Splink on FEBRL: the model of its own tutorials (``febrl3`` and ``febrl4``), with addresses and swapped names added.

Source: https://moj-analytical-services.github.io/splink/demos/examples/duckdb/febrl3.html
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from splink.internals.splink_dataframe import SplinkDataFrame

_BLOCKS = (
    *("soc_sec_id", "given_name surname", "date_of_birth", "given_name postcode", "surname postcode"),
    *("address_1 street_number", "given_name suburb", "surname suburb", "address_1 postcode", "address_2 postcode"),
    *("surname street_number", "given_name street_number", "address_1 surname", "address_1 given_name"),
    *("address_2 suburb", "suburb street_number", "given_name state street_number"),
)
_CROSSED = (
    "l.given_name = r.surname and l.surname = r.given_name",
    "l.given_name = r.surname and l.postcode = r.postcode",
    "l.address_1 = r.address_2 and l.postcode = r.postcode",
)
_LEARN_FROM = ("date_of_birth", "surname postcode", "soc_sec_id", "given_name surname")
_SURE = ("soc_sec_id", "given_name surname date_of_birth", "surname postcode date_of_birth")
_RECALL = 0.8
_U_PAIRS = 5e6
_SEED = 1


def febrl_linker(connection: DuckDBPyConnection, file: str, *, is_link_only: bool) -> Linker:
    """A linker over FEBRL's records, trained on them; two tables where two files are linked with one another."""
    api = DuckDBAPI(connection)
    tables = _tables(connection, api, file, is_link_only=is_link_only)
    settings = _settings("link_only" if is_link_only else "dedupe_only")
    linker = Linker(tables if is_link_only else tables[0], settings, log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match([_block(rule) for rule in _SURE], recall=_RECALL)
    training.estimate_u_using_random_sampling(max_pairs=_U_PAIRS, seed=_SEED)
    for rule in _LEARN_FROM:
        training.estimate_parameters_using_expectation_maximisation(_block(rule))
    return linker


def _tables(connection: DuckDBPyConnection, api: DuckDBAPI, file: str, *, is_link_only: bool) -> list[SplinkDataFrame]:
    connection.execute("create table febrl as select * from read_parquet($file)", {"file": file})
    if not is_link_only:
        return [api.register("febrl", table_name="febrl_all")]
    connection.execute("create table febrl_a as select * exclude (source) from febrl where source = 'a'")
    connection.execute("create table febrl_b as select * exclude (source) from febrl where source = 'b'")
    return [api.register(f"febrl_{side}", dataset_display_name=side) for side in "ab"]


def _block(rule: str) -> Any:
    return block_on(*rule.split())


def _settings(link_type: Any) -> SettingsCreator:
    return SettingsCreator(
        link_type=link_type,
        unique_id_column_name="record_id",
        blocking_rules_to_generate_predictions=[
            *(_block(rule) for rule in _BLOCKS),
            *({"blocking_rule": rule} for rule in _CROSSED),
        ],
        comparisons=_comparisons(),
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def _comparisons() -> list[Any]:
    return [
        _name("given_name", "surname"),
        _name("surname", "given_name"),
        cl.CustomComparison(
            [
                cll.NullLevel("date_of_birth"),
                cll.ExactMatchLevel("date_of_birth"),
                cll.DamerauLevenshteinLevel("date_of_birth", 1),
                cll.DamerauLevenshteinLevel("date_of_birth", 2),
                cll.ElseLevel(),
            ],
            output_column_name="date_of_birth",
        ),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        cl.DamerauLevenshteinAtThresholds("street_number", [1]).configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        _text("address_1", crossed="address_2"),
        _text("address_2", crossed="address_1"),
        _text("suburb"),
        cl.ExactMatch("state").configure(term_frequency_adjustments=True),
    ]


def _name(column: str, other: str) -> Any:
    return cl.CustomComparison(
        [
            cll.NullLevel(column),
            cll.ExactMatchLevel(column, term_frequency_adjustments=True),
            cll.ColumnsReversedLevel(column, other),
            cll.JaroWinklerLevel(column, 0.92),
            cll.JaroWinklerLevel(column, 0.85),
            cll.JaroWinklerLevel(column, 0.7),
            cll.ElseLevel(),
        ],
        output_column_name=column,
    )


def _text(column: str, *, crossed: str | None = None) -> Any:
    reversed_levels = [cll.ColumnsReversedLevel(column, crossed)] if crossed else []
    return cl.CustomComparison(
        [
            cll.NullLevel(column),
            cll.ExactMatchLevel(column, term_frequency_adjustments=True),
            *reversed_levels,
            cll.JaroWinklerLevel(column, 0.92),
            cll.JaroWinklerLevel(column, 0.8),
            cll.ElseLevel(),
        ],
        output_column_name=column,
    )
