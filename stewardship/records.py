"""Two records side by side, as a steward compares them: who, where, how to reach, since when.

Only what helps to decide is shown; a column both records lack is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHOWN = {
    "party_kind": "Kind",
    "given_name": "Given name",
    "second_given_name": "Second given name",
    "family_name": "Family name",
    "former_family_name": "Former family name",
    "sex": "Sex",
    "birth_date": "Born",
    "pesel": "PESEL",
    "id_document": "Identity document",
    "org_name": "Firm",
    "legal_form": "Legal form",
    "nip": "NIP",
    "regon": "REGON",
    "street": "Street",
    "house": "House",
    "flat": "Flat",
    "postal_code": "Postal code",
    "city": "City",
    "phone": "Phone",
    "phone_2": "Second phone",
    "email": "E-mail",
    "opened_on": "Customer since",
    "source_id": "Legacy system",
    "point_code": "Collection point",
    "business_date": "Delivered",
}
"""Columns of a party record and what the page calls them."""


@dataclass(frozen=True)
class Line:
    """One attribute of both records."""

    title: str
    left: str | None
    right: str | None

    @property
    def verdict(self) -> str:
        """``missing`` on a side, ``equal`` or ``different``: missing is not different."""
        if self.left is None or self.right is None:
            return "missing"
        return "equal" if self.left == self.right else "different"


def side_by_side(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[Line, ...]:
    """The attributes at least one of the two records has."""
    lines = (Line(title, _text(left.get(name)), _text(right.get(name))) for name, title in SHOWN.items())
    return tuple(line for line in lines if line.left is not None or line.right is not None)


def _text(value: Any) -> str | None:
    if value is None or value == []:
        return None
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
