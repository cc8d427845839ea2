"""The quality gate: Great Expectations decides whether a unit may go on.

It is the gate, not the filter: bad rows went to quarantine long before, one vectorised pass, with a reason each. What
is left of a unit is looked at in layers (records, links, customers, accounts, events, money, and the sums between
them), and one failed expectation stops the unit. Results are BOOLEAN_ONLY: neither they nor the Data Docs hold a value
of a row.

Importing Great Expectations costs seconds, so it happens inside functions. The context is ephemeral, writes nothing,
and its telemetry is off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from config.errors import StorageFailed
from config.events import RESOLVED_BY
from config.units import collection_points, unit_named
from warehouse.quality_docs import index_page, offline_page
from warehouse.quality_frames import layer_frames


@dataclass(frozen=True)
class Thresholds:
    """What a unit must reach; shares are parts per million."""

    max_quarantined: int = 30_000
    """Quarantined spans per record or span."""
    min_named: int = 950_000
    """Records with a family name or the name of a firm."""
    min_located: int = 800_000
    """Records with a place."""
    max_unresolved: int = 250_000
    """Events whose party nobody knows by what they name, per event."""
    min_records: int = 1


@dataclass(frozen=True)
class Check:
    """One expectation: its name, the layer it stands in, and what Great Expectations calls it."""

    name: str
    layer: str
    expectation: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class CheckResult:
    """Whether one expectation held."""

    name: str
    layer: str
    success: bool


@dataclass(frozen=True)
class QualityReport:
    """What the gate found for one unit."""

    unit: str
    success: bool
    results: tuple[CheckResult, ...]
    verdicts: Mapping[str, Any]
    """Layer to what Great Expectations returned; Data Docs are rendered from it."""

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the expectations that did not hold."""
        return tuple(result.name for result in self.results if not result.success)

    def write_data_docs(self, folder: Path) -> None:
        """Write one page per layer and an index; the folder then holds the state of this report only."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for layer, verdict in self.verdicts.items():
                (folder / f"{layer}.html").write_text(_page(verdict), encoding="utf-8")
            (folder / "index.html").write_text(index_page(self.unit, self.results), encoding="utf-8")
        except OSError as exc:
            raise StorageFailed(f"cannot write data docs to {folder}: {exc.strerror}") from exc


def check_unit(tables: Mapping[str, pa.Table], *, unit: str, thresholds: Thresholds) -> QualityReport:
    """Judge one unit's share of the content that would be published.

    Args:
        tables: the content tables, of all units.
        unit: unit of cutover.
        thresholds: what it must reach.
    """
    unit_named(unit)
    frames = layer_frames(tables, unit=unit)
    results: list[CheckResult] = []
    verdicts: dict[str, Any] = {}
    context = _context()
    for layer, frame in frames.items():
        chosen = [check for check in checks(thresholds) if check.layer == layer]
        verdict = _validate(context, frame, checks=chosen, suite=f"{unit}.{layer}")
        held = {result.expectation_config.meta["check"]: bool(result.success) for result in verdict.results}
        # An expectation without a verdict did not hold: silence must not let a unit pass.
        results.extend(CheckResult(check.name, layer, held.get(check.name, False)) for check in chosen)
        verdicts[layer] = verdict
    return QualityReport(unit, all(result.success for result in results), tuple(results), verdicts)


def checks(thresholds: Thresholds) -> tuple[Check, ...]:
    """Every expectation, layer by layer."""
    return (
        Check("records_exist", "records", "TableRowCountToBeBetween", {"min_value": thresholds.min_records}),
        _not_null("record_id_present", "records", "record_id"),
        _unique("record_id_unique", "records", "record_id"),
        _one_of("party_kind_known", "records", "party_kind", ("person", "firm")),
        _one_of("point_known", "records", "point_code", tuple(point.code for point in collection_points())),
        _like("pesel_wellformed", "records", "pesel", r"^\d{11}$"),
        _like("nip_wellformed", "records", "nip", r"^\d{10}$"),
        _like("regon_wellformed", "records", "regon", r"^(?:\d{9}|\d{14})$"),
        _like("phone_wellformed", "records", "phone", r"^\d{9}$"),
        _like("postal_code_wellformed", "records", "postal_code", r"^\d{2}-\d{3}$"),
        _mostly_present("names_present", "records", "name", thresholds.min_named),
        _mostly_present("places_present", "records", "city", thresholds.min_located),
        _unique("link_unique", "links", "record_id"),
        _not_null("link_customer_present", "links", "customer_id"),
        _one_of("link_decision_known", "links", "decided_by", ("single", "model", "rule", "clerk")),
        _unique("customer_unique", "customers", "customer_id"),
        _one_of("customer_kind_known", "customers", "party_kind", ("person", "firm")),
        _between("customer_has_records", "customers", "records", low=1),
        _unique("account_unique", "accounts", "record_id"),
        _between("fees_not_negative", "accounts", "monthly_fee_grosze", low=0),
        _unique("event_unique", "events", "event_id"),
        _one_of("event_reference_known", "events", "resolved_by", RESOLVED_BY),
        _between("event_year_plausible", "events", "year", low=1990),
        _not_null("event_amount_present", "money", "amount_grosze"),
        _between("unresolved_share", "sums", "unresolved_ppm", high=thresholds.max_unresolved),
        _zero("events_of_known_records", "events_of_unknown_record"),
        _between("quarantine_share", "sums", "quarantined_ppm", high=thresholds.max_quarantined),
        _zero("records_all_linked", "records_without_link"),
        _zero("links_all_to_records", "links_without_record"),
        _zero("anchors_all_linked", "anchors_without_link"),
        _zero("customers_not_more_than_records", "customers_beyond_records"),
        _zero("balances_of_accounts", "account_balance_difference"),
        _zero("balances_of_customers", "customer_balance_difference"),
        _zero("units_known", "records_of_unknown_unit"),
    )


def _not_null(name: str, layer: str, column: str) -> Check:
    return Check(name, layer, "ColumnValuesToNotBeNull", {"column": column})


def _mostly_present(name: str, layer: str, column: str, parts_per_million: int) -> Check:
    return Check(name, layer, "ColumnValuesToNotBeNull", {"column": column, "mostly": parts_per_million / 1_000_000})


def _unique(name: str, layer: str, column: str) -> Check:
    return Check(name, layer, "ColumnValuesToBeUnique", {"column": column})


def _one_of(name: str, layer: str, column: str, values: tuple[str, ...]) -> Check:
    return Check(name, layer, "ColumnValuesToBeInSet", {"column": column, "value_set": list(values)})


def _like(name: str, layer: str, column: str, regex: str) -> Check:
    return Check(name, layer, "ColumnValuesToMatchRegex", {"column": column, "regex": regex})


def _between(name: str, layer: str, column: str, *, low: int | None = None, high: int | None = None) -> Check:
    limits = {"min_value": low, "max_value": high}
    return Check(name, layer, "ColumnValuesToBeBetween", {"column": column, **limits})


def _zero(name: str, column: str) -> Check:
    return _between(name, "sums", column, low=0, high=0)


def _context() -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _validate(context: Any, frame: pd.DataFrame, *, checks: list[Check], suite: str) -> Any:
    import great_expectations as gx
    import great_expectations.expectations as gxe

    expectations = [
        getattr(gxe, f"Expect{check.expectation}")(**check.arguments, meta={"check": check.name}) for check in checks
    ]
    asset = context.data_sources.add_pandas(suite).add_dataframe_asset(suite)
    batch = asset.add_batch_definition_whole_dataframe(suite).get_batch({"dataframe": frame})
    return batch.validate(gx.ExpectationSuite(suite, expectations=expectations), result_format="BOOLEAN_ONLY")


def _page(verdict: Any) -> str:
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    renderer: Any = ValidationResultsPageRenderer()
    return offline_page(str(_view().render(renderer.render(verdict))))


@cache
def _view() -> Any:
    """One for all pages: each view compiles its templates anew, which takes longer than to fill them."""
    from great_expectations.render.view.view import DefaultJinjaPageView

    return DefaultJinjaPageView()
