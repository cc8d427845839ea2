"""The same rates for parts of the records: by trap, by unit, between units, between collection points."""

from __future__ import annotations

from typing import Any

import pandas as pd

from blekit.scoring.rates import Longs, cluster_rates, pairs_inside, rates_across, rates_touching, together
from blekit.scoring.relatives import has_trap
from blekit.scoring.truth import codes


def by_trap(traps: pd.Series, customer: Longs, entity: Longs) -> dict[str, dict[str, Any]]:
    """For records of each trap: pairs they take part in that were found and missed, and wrong ones."""
    found: dict[str, dict[str, Any]] = {}
    for trap in sorted(set(",".join(traps.fillna("").astype(str)).split(",")) - {""}):
        inside = has_trap(traps, trap)
        found[trap] = {"records": int(inside.sum()), **rates_touching(inside, customer, entity)}
    return found


def by_unit(
    units: pd.Series, customer: Longs, entity: Longs, *, links: tuple[Longs, Longs]
) -> dict[str, dict[str, Any]]:
    """For records of each unit: decided links and rates of the pairs they take part in."""
    found: dict[str, dict[str, Any]] = {}
    for unit in sorted(units.unique()):
        inside = (units == unit).to_numpy(dtype=bool)
        count = int((inside[links[0]] | inside[links[1]]).sum())
        found[unit] = {"records": int(inside.sum()), "links": count, **rates_touching(inside, customer, entity)}
    return found


def across(known: pd.DataFrame, customer: Longs, entity: Longs) -> dict[str, dict[str, float]]:
    """Rates of the pairs whose records are of two units, two collection points, two systems, and of one system."""
    system = codes(known["source_id"])
    return {
        "two_units": rates_across(codes(known["unit"]), customer, entity),
        "two_points": rates_across(codes(known["point_code"]), customer, entity),
        "two_systems": rates_across(system, customer, entity),
        "one_system": _inside(system, customer, entity),
    }


def _inside(place: Longs, customer: Longs, entity: Longs) -> dict[str, float]:
    one, other = together(customer, place), together(entity, place)
    return {"true_pairs": pairs_inside(other), **cluster_rates(one, other)}
