"""What one legacy system believes about its customers, before it is written in that system's format."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np

from estate.draw import Flags, Ints, Texts, either

NO_DATE = -(10**6)
"""A date that is missing; :data:`BAD_DATE` is one no calendar has."""
BAD_DATE = 10**6

TEXT_COLUMNS = (
    *("family", "given", "second_given", "co_holder", "org", "pesel", "nip", "regon", "document"),
    *("street", "house", "flat", "postal", "city", "phone", "phone_2", "email"),
)


@dataclass
class Sightings:
    """Records of one system in columns; texts are null where the system has nothing."""

    entity: Ints
    """-1 for rows that are no customer."""
    second_entity: Ints
    """The second customer of a row, else -1."""
    is_firm: Flags
    family: Texts
    given: Texts
    second_given: Texts
    co_holder: Texts
    """Given name of the second customer."""
    org: Texts
    pesel: Texts
    nip: Texts
    regon: Texts
    document: Texts
    birth: Ints
    street: Texts
    house: Texts
    flat: Texts
    postal: Texts
    city: Texts
    phone: Texts
    """Nine digits; each format has its layouts."""
    phone_2: Texts
    email: Texts
    opened: Ints
    balance: Ints
    earlier_balance: Ints
    """Balance at the time of the pilot."""
    services: Ints
    upper: Flags
    folded: Flags
    account: Texts
    """Number the system gave, drawn apart from everything else."""
    is_deleted: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """Rows marked as deleted; of DBF tables only."""
    has_no_flag: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))
    traps: dict[str, Flags] = field(default_factory=dict)
    defects: dict[str, Flags] = field(default_factory=dict)
    """Defects of content by code; those of the file are the writer's."""

    def __len__(self) -> int:
        return len(self.entity)

    def take(self, positions: Ints) -> Sightings:
        """Those at the positions."""
        whole = [f.name for f in fields(self) if f.name not in ("traps", "defects") and len(getattr(self, f.name))]
        columns = {name: getattr(self, name)[positions] for name in whole}
        return Sightings(
            **columns,
            traps={name: mask[positions] for name, mask in self.traps.items()},
            defects={code: mask[positions] for code, mask in self.defects.items()},
        )

    def at_pilot(self) -> Sightings:
        """The same records as the system had them when the pilot began."""
        is_new = self.opened % 3 == 0
        return replace(self, balance=self.earlier_balance, phone_2=either(is_new, None, self.phone_2))

    def mark(self, kind: str, name: str, where: Flags) -> None:
        """Note a trap or a defect of these records."""
        notes = self.traps if kind == "trap" else self.defects
        notes[name] = notes.get(name, np.zeros(len(self), dtype=bool)) | where


@dataclass(frozen=True)
class Written:
    """A file as bytes, and where each record stands in it."""

    name: str
    content: bytes
    rows: Ints
    """Which sighting each record of the file is; one may be written twice."""
    offset: Ints
    length: Ints
    defects: tuple[tuple[str, Ints], ...]
    """Code and positions among the records of the file."""
    balance: int
    """Sum of balances as the system knew them, in grosze."""
    extra: tuple[tuple[str, bytes], ...] = ()
    """Further files of the delivery, by name."""
    file_defects: tuple[tuple[str, int, int], ...] = ()
    """Code, offset and length of what is wrong outside records."""
