"""What an expert may decide about a Splink model; one choice is one configuration that was tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class SplinkChoice:
    """One configuration."""

    name: str
    address: Literal["one", "separate", "with_phone"] = "one"
    """The address as one comparison from flat to place; street, house, flat, postal code and place apart; or one
    comparison with the telephone, because a household shares both."""
    names: Literal["together", "separate"] = "together"
    """Given and family name as one comparison (swapped columns among its levels), or two."""
    learn: Literal["em", "pesel"] = "em"
    """m by EM over several blocking rules, or from pairs of equal PESEL with EM for the PESEL itself."""
    term_frequencies: Literal["names", "more"] = "names"
    """On names only, or on telephones and streets too."""
    birth_beside_pesel: bool = True
    """Whether the birth date counts where both PESELs are known and count already."""
    is_sex_compared: bool = False
    blocking: Literal["precise", "lean"] = "precise"
    em_rules: Literal["identity", "mixed"] = "mixed"
    recall: float = 0.7
    """Recall of the deterministic rules the prior is estimated from."""

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for the model file."""
        return asdict(self)
