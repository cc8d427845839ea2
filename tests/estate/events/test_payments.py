"""Files of payments read by plain readers, against what was paid."""

from __future__ import annotations

import csv
import re
from typing import Any

import numpy as np
import pytest
from stdnum import iban

from config.sources import all_sources
from config.units import collection_points
from estate.life.clock import wall_day
from estate.life.payments import ELIXIR, MT940, POSTAL, REVERSAL
from estate.people import NONE
from estate.rates import load_rates

CLEAN = {"f03": 0.0, "f05": 0.0, "f10": 0.0, "f13": 0.0, "f15": 0.0, "f22": 0.0, "fee": 0.0}


@pytest.fixture(scope="module")
def tell_clean(tell):
    """A delivery without defects."""
    rates = load_rates()
    clean = rates.model_copy(update={"payments": rates.payments.model_copy(update=CLEAN)})
    return lambda source_id, number=0, **more: tell(source_id, number, rates=clean, **more)


def paid_in(telling) -> tuple[Any, np.ndarray]:
    rows = telling.rows["payments"]
    return telling.life.payments, rows


def days(minutes: np.ndarray) -> list[str]:
    return [str(np.datetime64(int(day), "D")).replace("-", "") for day in wall_day(minutes)]


def test_a_system_holds_the_payments_of_its_kind_only(small_life):
    payments, kinds = small_life.payments, np.array([source.kind_name for source in all_sources()])
    by_kind = {kind: set(payments.way[kinds[payments.source] == kind].tolist()) for kind in ("a6m", "a6p")}
    assert by_kind == {"a6m": {MT940}, "a6p": {POSTAL}}
    assert set(payments.way[kinds[payments.source] == "a6e"].tolist()) == {ELIXIR, POSTAL}


def test_a_reversal_takes_back_a_payment_of_the_same_amount(small_life):
    payments = small_life.payments
    back = np.flatnonzero(payments.kind == REVERSAL)
    first = payments.reverses[back]
    assert len(back)
    assert (payments.reverses[payments.kind != REVERSAL] == NONE).all()
    assert (payments.amount_grosze[first] == payments.amount_grosze[back]).all()
    assert (payments.party[first] == payments.party[back]).all()
    assert (payments.minute[first] < payments.minute[back]).all()


# -- Elixir-0 ---------------------------------------------------------------------------------------------------------


def elixir_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(content.decode("cp852").splitlines()))


@pytest.mark.parametrize(("source_id", "number"), [("zt99-payments", 2), ("zt99-payments", 16), ("zt93-payments", 0)])
def test_elixir_files_say_what_was_paid(tell_clean, source_id, number):
    telling, written = tell_clean(source_id, number)
    payments, rows = paid_in(telling)
    lines = elixir_rows(written.files[0][1])
    assert {len(line) for line in lines} == {16}
    assert [line[1] for line in lines] == days(payments.minute[rows])
    assert [int(line[2]) for line in lines] == payments.amount_grosze[rows].tolist()
    assert [line[0] == "120" for line in lines] == (payments.kind[rows] == REVERSAL).tolist()
    assert [line[14] == "53" for line in lines] == (payments.way[rows] == POSTAL).tolist()
    assert written.control["amount_grosze"] == sum(int(line[2]) for line in lines)
    assert written.keys.tolist() == [line[15] for line in lines]
    assert len(set(written.keys)) == len(rows)


@pytest.mark.parametrize(("source_id", "number"), [("zt99-payments", 2), ("zt99-payments", 16), ("zt93-payments", 0)])
def test_the_account_paid_to_ends_with_the_number_of_the_customer(tell_clean, source_id, number):
    telling, written = tell_clean(source_id, number)
    payments, rows = paid_in(telling)
    book, points = telling.life.book, [point.code[2:] for point in collection_points()]
    for line, row in zip(elixir_rows(written.files[0][1]), rows.tolist(), strict=True):
        account, party = line[6], payments.party[row]
        assert ("-" in account) == payments.old_form[row]
        assert "-" in account or iban.is_valid(f"PL{account}")
        digits = account.replace("-", "")[-12:]
        if party == NONE:
            assert digits == "0" * 12
        elif telling.is_central:
            assert digits[:11] == f"{points[book.point[party]]}{book.account[party]:0>9}"
        else:
            assert digits == f"{book.account[party]:0>12}"


def test_no_account_of_the_old_form_stands_there_from_july_2004_on(tell_clean):
    _, written = tell_clean("zt99-payments", 16)
    assert not any("-" in line[5] + line[6] for line in elixir_rows(written.files[0][1]))


def test_a_return_names_the_reference_of_the_first(tell_clean):
    telling, written = tell_clean("zt99-payments", 16)
    payments, rows = paid_in(telling)
    back = [line for line in elixir_rows(written.files[0][1]) if line[13]]
    assert len(back) == (payments.kind[rows] == REVERSAL).sum() > 0
    assert all(re.fullmatch(r"\d{16}", line[13]) and line[0] == "120" for line in back)


# -- MT940 ------------------------------------------------------------------------------------------------------------


def grosze(text: str) -> int:
    whole, _, rest = text.partition(",")
    return int(whole) * 100 + int(rest)


def statements(content: bytes) -> list[dict[str, Any]]:
    """Messages with their balances and entries, line by line."""
    found: list[dict[str, Any]] = []
    for line in content.decode("cp1250").split("\r\n"):
        if line.startswith(":20:"):
            found.append({"entries": [], "opening": None, "closing": None})
        elif match := re.fullmatch(r":6([02])[FM]:([CD])\d{6}PLN(\d+,\d\d)", line):
            value = grosze(match[3]) * (1 if match[2] == "C" else -1)
            found[-1]["opening" if match[1] == "0" else "closing"] = value
        elif match := re.match(r":61:(\d{6})\d{4}(R?[CD])(\d+,\d\d)N(?:TRF|CHG)(\w+)//(\w+)$", line):
            found[-1]["entries"].append(match.groups())
    return found


@pytest.mark.parametrize("source_id", [s.source_id for s in all_sources() if s.kind_name == "a6m"])
def test_statements_add_up_and_follow_each_other(tell_clean, source_id):
    telling, written = tell_clean(source_id)
    payments, rows = paid_in(telling)
    messages = statements(written.files[0][1])
    balance = messages[0]["opening"]
    told = []
    for message in messages:
        assert message["opening"] in (balance, None)
        for value_day, mark, amount, customer, reference in message["entries"]:
            balance += grosze(amount) * {"C": 1, "RC": -1}[mark]
            told.append((value_day, mark == "RC", grosze(amount), customer, reference))
        assert message["closing"] in (balance, None)
    book = telling.life.book
    assert told == [
        (
            day[2:],
            bool(payments.kind[row] == REVERSAL),
            int(payments.amount_grosze[row]),
            "NONREF" if payments.party[row] == NONE else f"KL{book.account[payments.party[row]]:0>12}",
            written_reference,
        )
        for day, row, written_reference in zip(
            days(payments.minute[rows]), rows.tolist(), [t[4] for t in told], strict=True
        )
    ]
    assert written.control["amount_grosze"] == sum(each[2] for each in told)


def test_a_wrong_balance_is_known_with_all_its_payments(tell):
    rates = load_rates()
    payments = rates.payments.model_copy(update=CLEAN | {"f10": 0.3, "fee": 0.5})
    _, written = tell("zt01-payments", rates=rates.model_copy(update={"payments": payments}))
    wrong = dict(written.defects)["F10"]
    assert 0 < len(wrong) < len(written.keys)
    assert (written.row < 0).any()
    keys = [key.rsplit("/", 1)[0] for key in written.keys[wrong]]
    others = [key.rsplit("/", 1)[0] for key in np.delete(written.keys, wrong)]
    assert not set(keys) & set(others)


# -- postal orders ----------------------------------------------------------------------------------------------------


def test_postal_orders_are_counted_and_summed_in_the_trailer(tell_clean):
    telling, written = tell_clean("zt41-payments")
    payments, rows = paid_in(telling)
    head, *lines, trailer = written.files[0][1].decode("cp852").split("\r\n")[:-1]
    assert head.startswith("NAGLOWEK")
    assert {len(line) for line in lines} == {125}
    assert [int(line[28:39]) for line in lines] == payments.amount_grosze[rows].tolist()
    assert [line[17:23] for line in lines] == [day[2:] for day in days(payments.minute[rows])]
    assert [line[0] == "Z" for line in lines] == (payments.kind[rows] == REVERSAL).tolist()
    assert (int(trailer[4:12]), int(trailer[12:27])) == (len(rows), int(payments.amount_grosze[rows].sum()))


# -- all of them ------------------------------------------------------------------------------------------------------

SYSTEMS = ("zt99-payments", "zt01-payments", "zt41-payments", "zt99-skany")


@pytest.mark.parametrize("source_id", SYSTEMS)
def test_the_same_seed_gives_the_same_bytes(tell, source_id):
    assert tell(source_id)[1].files == tell(source_id)[1].files


@pytest.mark.parametrize("source_id", SYSTEMS)
def test_places_are_those_of_the_bytes(tell, source_id):
    _, written = tell(source_id, 4 if source_id.startswith("zt99") else 0)
    content = written.files[0][1]
    ends = written.offset + written.length
    assert len(ends)
    assert (written.offset[1:] >= ends[:-1]).all()
    assert all(content[end - 1 : end] == b"\n" for end in ends.tolist())


@pytest.mark.parametrize("source_id", SYSTEMS)
def test_a_time_without_events_is_a_file_all_the_same(tell, source_id):
    _, written = tell(source_id, empty=True)
    assert not len(written.keys)
    assert bool(written.files[0][1]) == (source_id != "zt99-payments")
