"""How nasty the estate is: the one YAML of rates, frozen and strict."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from config.strict import read_strict

_FILE = Path(__file__).with_name("rates.yml")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PilotRates(_Frozen):
    """Who took part in the pilot, at 1:1, and whose systems sent an early extract."""

    persons: int
    firms: int
    sources: tuple[str, ...]


class WorldRates(_Frozen):
    """The people and firms as they are."""

    firm_share: float
    rare_family_name: float
    spouse: float
    adult_child: float
    second_child: float
    twins: float
    parent: float
    second_parent: float
    spouse_customer: float
    child_customer: float
    parent_customer: float
    line_of_head: float
    same_given_name: float
    keeps_maiden_name: float
    double_barrelled: float
    foreigner: float
    shared_pesel: float
    second_pesel: float
    mobile: float
    second_given_name: float
    moved: float
    moved_other_point: float
    recycled_number: float
    recycled_flat: float
    widow: float
    two_points: float
    sole_trader: float
    institution: float
    chain: float
    rural: float


class AccountRates(_Frozen):
    """How many records a customer leaves, and why."""

    second_line: float
    third_line: float
    rekeyed: float
    old_record: float
    central_person: float
    central_firm: float
    central_correspondence: float
    maiden_record: float
    two_in_one_row: float
    owner_firm_mix: float
    test_rows: float
    lines_without_party: float


class Habit(_Frozen):
    """How the clerks of one kind of system write."""

    pesel_missing: float
    birth_missing: float
    document_missing: float
    phone_missing: float
    second_phone: float
    typo: float
    diminutive: float
    initial: float
    swapped: float
    folded: float
    upper: float
    flat_missing: float
    street_short: float
    old_street: float


class ErrorRates(_Frozen):
    """Errors of keying that every kind shares (DOMAIN 1.2, P2 to P10)."""

    pesel_sentinel: float
    pesel_typo: float
    pesel_of_relative: float
    pesel_as_nip: float
    wrong_sex_digit: float
    birth_typo: float
    birth_first_january: float
    birth_sentinel: float
    opened_sentinel: float
    postal_typo: float
    postal_missing: float
    phone_typo: float
    street_typo: float
    renewed_document: float
    moved_keeps_identity: float


class DefectRates(_Frozen):
    """Defects of files (DOMAIN 3.6); f10 and f11 count deliveries, the others are shares."""

    f01: float
    f02_deleted: float
    f02_zero_flag: float
    f03: float
    f06: float
    f07: float
    f08: float
    f09: float
    f10: int
    f11: int
    f13_same_row: float
    f13_reused: float
    f15: float
    f17: float


class PaymentRates(_Frozen):
    """What is wrong with the files of payments."""

    f03: float
    f05: float
    f10: float
    f13: float
    f15: float
    f22: float
    fee: float


class LetterRates(_Frozen):
    """What is wrong with scanned letters."""

    misread: float
    f03: float
    f10: float
    f11_missing: float
    f11_cut: float
    lost_text: float
    f13: float
    f15: float

    def faults(self) -> dict[str, float]:
        """What may be wrong with a letter and its pages, of which at most one thing is."""
        return {
            "pages": self.f10,
            "missing": self.f11_missing,
            "cut": self.f11_cut,
            "shared": self.f13,
            "shifted": self.f15,
        }


class CallRates(_Frozen):
    """What is wrong with the logs of hotlines, platforms, talking machines and exchanges."""

    skewed_sites: float
    f05: float
    f15: float
    f22: float
    f23_wait: float
    f24_account: float
    point_left_out: float
    cdr_rerun: float
    cdr_truncated: float


class OrderRates(_Frozen):
    """Defects of the order systems."""

    orphan: float
    test_rows: float
    never_closed: float
    local_phone: float


class OfficeRates(_Frozen):
    """Habits and defects of the sheets of customer offices."""

    no_date: float
    typed_km: float
    local_phone: float
    with_pesel: float
    since_1904: float


class WebRates(_Frozen):
    """What is wrong with mail, forms, the portal, the PIN register and surveys."""

    wrong_label: float
    double_encoded: float
    html_only: float
    relayed_twice: float
    dead_clock: float
    vague_subject: float
    spam_unmarked: float
    form_phone: float
    form_test: float
    form_damaged: float
    line_damaged: float
    page_views: float
    storms: float
    storm_lines: int
    wrong_offset_days: int
    skewed_station: float
    pin_test: float
    mistyped_account: float
    bad_stamp: float
    comment: float


class DeskRates(_Frozen):
    """Habits and defects of the desks for complaints and repairs."""

    orphan: float
    test_rows: float
    no_date: float
    double_encoded: float
    local_phone: float


class Rates(_Frozen):
    """All rates of the estate."""

    customers: dict[str, int]
    pilot: PilotRates
    region_customers: dict[str, float]
    world: WorldRates
    accounts: AccountRates
    habits: dict[str, Habit]
    errors: ErrorRates
    defects: DefectRates
    payments: PaymentRates
    letters: LetterRates
    calls: CallRates
    web: WebRates
    orders: OrderRates
    offices: OfficeRates
    desks: DeskRates


def read_rates(path: Path) -> Rates:
    """The rates of a YAML file.

    Raises:
        ConfigurationError: a key is misspelt or missing; the message names file and key.
    """
    return read_strict(path, Rates)


@cache
def load_rates() -> Rates:
    """The rates the estate is built with."""
    return read_rates(_FILE)
