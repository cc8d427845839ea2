"""Whole rows: every one is accounted for, and neither order nor chunking matters."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import SourceContractBroken
from config.kinds import kind_named
from config.lookups import load_lookups
from config.schemas import PARTY_RECORD
from config.sources import source_with_id
from transforms import EXCLUDED, REJECT, Standardised, check_contract, read_roster, standardise
from transforms.contract import Drift

Standard = Callable[..., Standardised]
RawTable = Callable[..., pa.Table]


def only(result: Standardised) -> dict[str, object]:
    (record,) = result.records.to_pylist()
    return record


def test_a_billing_row(standard: Standard, pesel_of: Callable[..., str]) -> None:
    record = only(
        standard(
            "zt97-abonent",
            [
                {
                    "id_klienta": "1001",
                    "typ": "F",
                    "nazwa": "KOWALSKA",
                    "imie": "Anna",
                    "pesel": pesel_of("560412", serial="0142"),
                    "ulica": "ul. Mickiewicza A.",
                    "dom": "12A",
                    "lokal": "5",
                    "kod": "65001",
                    "miejscowosc": "Z-GÓRA",
                    "telefon": "(068)325 55 51",
                    "telefon_dod": "0-600 100 200",
                    "email": "Anna@wp.pl",
                    "data_od": "12/03/2295",
                    "saldo": "-1 234,5",
                    "uwagi": "z d. Nowak",
                }
            ],
        )
    )
    expected = {
        "record_id": "zt97-abonent:1001/12/03/2295",
        "unit": "poznan",
        "part": 1,
        "party_kind": "person",
        "given_name": "Anna",
        "family_name": "Kowalska",
        "former_family_name": "Nowak",
        "sex": "F",
        "birth_date": dt.date(2256, 4, 12),
        "pesel_status": "valid",
        "street": "Adama Mickiewicza",
        "house": "12A",
        "flat": "5",
        "postal_code": "65-001",
        "city": "Zielona Góra",
        "phone": "683255551",
        "phone_2": "600100200",
        "email": "anna@wp.pl",
        "opened_on": dt.date(2295, 3, 12),
        "balance_grosze": -123450,
        "issues": None,
    }
    assert {name: record[name] for name in expected} == expected


def test_raw_is_the_row_as_stored(standard: Standard) -> None:
    record = only(standard("zt97-abonent", [{"id_klienta": " 7", "typ": "F", "nazwa": "Żak ", "saldo": "0"}]))
    assert record["raw"] == '{"id_klienta":" 7","nazwa":"Żak ","saldo":"0","typ":"F"}'
    assert record["raw_key"] == "7/"


@pytest.mark.parametrize("number", ["007", "7a", "7A", "7.0", "7  A"])
def test_a_record_is_called_as_its_key_is_stored(number: str, standard: Standard) -> None:
    record = only(standard("zt97-abonent", [{"id_klienta": number, "typ": "F", "nazwa": "Nowak", "saldo": "0"}]))
    assert record["record_id"] == f"zt97-abonent:{record['raw_key']}" == f"zt97-abonent:{number}/"


def test_fees_are_summed(standard: Standard) -> None:
    row = {"NR-ABONENTA": "000000001", "RODZAJ-ABON": "O", "NAZWISKO": "NOWAK", "SALDO": "1.00", "ILE-USLUG": "02"}
    record = only(standard("zt63-abonent", [{**row, "OPLATA(1)": "25.50", "OPLATA(2)": "-1.25"}]))
    assert (record["monthly_fee_grosze"], record["services"], record["balance_grosze"]) == (2425, 2, 100)


def test_a_couple_is_two_records(standard: Standard, pesel_of: Callable[..., str]) -> None:
    row = {
        "id_klienta": "1",
        "typ": "F",
        "nazwa": "Kowalski Jan i Maria",
        "pesel": pesel_of("560412", serial="0142"),
        "saldo": "10,00",
        "telefon": "3255551",
        "uwagi": "z d. Nowak",
    }
    first, second = standard("zt97-abonent", [row]).records.to_pylist()
    assert (first["given_name"], first["pesel"], first["balance_grosze"]) == ("Jan", None, 1000)
    assert (second["given_name"], second["pesel"], second["balance_grosze"]) == ("Maria", row["pesel"], None)
    assert (second["record_id"], second["family_name"]) == (first["record_id"] + "#2", "Kowalska")
    assert (first["phone"], second["phone"]) == ("683255551", "683255551")
    assert (first["former_family_name"], second["former_family_name"]) == (None, "Nowak")


def test_a_firm_with_its_owner(standard: Standard) -> None:
    row = {"ABON_ID": "5", "FIRMA": 'P.H.U. "ALFA"', "NAZWISKO": "NOWAK", "IMIE": "JAN", "NIP": "526-02-50-995"}
    record = only(standard("zt31-abonent", [row]))
    names = ("party_kind", "org_name", "legal_form", "given_name", "family_name", "nip", "sex")
    assert [record[name] for name in names] == ["firm", "ALFA", "phu", "Jan", "Nowak", "5260250995", None]


def test_the_roster_decides_the_unit(standard: Standard) -> None:
    rows = [{"id_klienta": key, "typ": "F", "nazwa": "Nowak", "saldo": "0"} for key in ("1", "2")]
    result = standard("zt97-abonent", rows, pilot_keys=frozenset({"2/"}))
    assert result.records.column("unit").to_pylist() == ["poznan", "pilot"]


def test_central_systems_belong_to_the_pilot(standard: Standard) -> None:
    row = {"ID_KLIENTA": "1", "TYP": "BIZ", "NAZWA": "Alfa S.A.", "SALDO": "0"}
    assert only(standard("zt99-abonent", [row]))["unit"] == "pilot"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param({"nazwa": "TEST", "imie": "TEST"}, "test_row", id="F22 test"),
        pytest.param({"nazwa": "AAAA", "imie": "BBBB"}, "test_row", id="F22 letters"),
        pytest.param({}, "line_without_party", id="nobody"),
        pytest.param({"nazwa": "-", "imie": "brak"}, "line_without_party", id="nobody, in words"),
    ],
)
def test_excluded(row: dict[str, str], reason: str, standard: Standard) -> None:
    result = standard("zt97-abonent", [{"id_klienta": "1", "typ": "F", "saldo": "0", **row}])
    assert result.excluded.to_pylist() == [{"_record_no": 0, "reason": reason}]


def test_deleted_rows_are_excluded(standard: Standard) -> None:
    rows = [{"ABON_ID": key, "NAZWISKO": "Nowak"} for key in ("1", "2")]
    result = standard("zt31-abonent", rows, deleted=[0])
    assert result.excluded.to_pylist() == [{"_record_no": 0, "reason": "deleted"}]
    assert result.records.column("raw_key").to_pylist() == ["2/"]


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        pytest.param({"typ": "F", "nazwa": "Nowak"}, "required_missing", "saldo", id="no balance"),
        pytest.param({"typ": "X", "nazwa": "Nowak", "saldo": "0"}, "unknown_category", "typ", id="new category"),
        pytest.param({"typ": "F", "nazwa": "Nowak", "saldo": "*"}, "unreadable_amount", "saldo", id="overflow"),
    ],
)
def test_rejected(row: dict[str, str], reason: str, detail: str, standard: Standard) -> None:
    result = standard("zt97-abonent", [{"id_klienta": "1", **row}])
    expected = {"_record_no": 0, "_offset": 0, "_length": 100, "reason": reason, "detail": detail}
    assert result.rejects.to_pylist() == [expected]


def test_a_missing_required_name_is_a_reject(standard: Standard) -> None:
    assert standard("zt13-abonent", [{"NR_ABON": "1"}]).rejects.column("reason").to_pylist() == ["required_missing"]


def test_who_has_only_a_number_stays(standard: Standard, pesel_of: Callable[..., str]) -> None:
    row = {"id_klienta": "1", "typ": "F", "pesel": pesel_of("560412"), "saldo": "0"}
    assert only(standard("zt97-abonent", [row]))["pesel"] == row["pesel"]


def test_values_left_out_are_named(standard: Standard) -> None:
    row = {
        "id_klienta": "1",
        "typ": "F",
        "nazwa": "Nowak",
        "pesel": "00000000000",
        "data_ur": "30/02/1950",
        "telefon": "12",
        "kod": "79-000",
        "dokument": "ABA300001",
        "saldo": "0",
    }
    expected = "birth_date_invalid,id_document_invalid,pesel_sentinel,phone_incomplete,postal_code_invalid"
    assert only(standard("zt97-abonent", [row]))["issues"] == expected


def test_a_day_of_another_century_follows_the_pesel(standard: Standard, pesel_of: Callable[..., str]) -> None:
    # Tapes have two digits: 99 is 2199 for a holder of 2303 only where the PESEL says so.
    row = {"NR-ABONENTA": "1", "RODZAJ-ABON": "O", "NAZWISKO": "NOWAK", "SALDO": "0", "DATA-UR": "000229"}
    record = only(standard("zt63-abonent", [{**row, "PESEL": pesel_of("000228")}]))
    assert (record["birth_date"], record["issues"]) == (dt.date(2200, 2, 28), "birth_date_invalid")


def test_a_contradiction_is_kept_and_named(standard: Standard, pesel_of: Callable[..., str]) -> None:
    row = {"id_klienta": "1", "typ": "F", "nazwa": "Nowak", "imie": "Anna", "saldo": "0", "data_ur": "01/02/2250"}
    record = only(standard("zt97-abonent", [{**row, "pesel": pesel_of("560412", serial="0135")}]))
    assert record["birth_date"] == dt.date(2250, 2, 1)
    assert record["issues"] == "birth_date_contradicts_pesel,sex_contradicts_pesel"


def test_an_empty_delivery(standard: Standard) -> None:
    result = standard("zt97-abonent", [])
    assert (result.records.schema, result.rejects.schema, result.excluded.schema) == (
        PARTY_RECORD.arrow,
        REJECT,
        EXCLUDED,
    )


_ROW = st.fixed_dictionaries(
    {},
    optional={
        "id_klienta": st.sampled_from(["1", "2", "3", "17"]),
        "typ": st.sampled_from(["F", "P", "Z"]),
        "nazwa": st.sampled_from(["Nowak", "TEST", "Kowalski Jan i Maria", "FHU Alfa", "-", " ", "Ż?ak", "A i B i C"]),
        "imie": st.sampled_from(["Jan", "TEST", "Maria, Jan", "Nowak", "", "J."]),
        "pesel": st.sampled_from(["00000000000", "4465140135", "x", "5260250995"]),
        "nip": st.sampled_from(["526-02-50-995", "012100784", "0"]),
        "ulica": st.sampled_from(["ul. Mickiewicza", "Zalesie 14", "II/2", "/", "3 Maja"]),
        "dom": st.sampled_from(["12/5", "12m3", "?", "a"]),
        "data_od": st.sampled_from(["12/03/1995", "99/99/9999", "1995"]),
        "saldo": st.sampled_from(["0", "-1 234,5", "**", ",5"]),
        "telefon": st.sampled_from(["3255551", "brak", "+48 600 100 200", "()", "1/2/3"]),
        "uwagi": st.text(max_size=8),
    },
)


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(_ROW, max_size=6), data=st.data())
def test_every_row_once_in_any_order(rows: list[dict[str, str]], data: st.DataObject, raw_table: RawTable) -> None:
    source = source_with_id("zt97-abonent")
    numbered = [{**row, "_record_no": str(at)} for at, row in enumerate(rows)]
    shuffled = data.draw(st.permutations(numbered))

    def run(these: list[dict[str, str]]) -> Standardised:
        return standardise(
            raw_table(source.kind, these),
            source=source,
            batch_id="b",
            business_date=dt.date(2003, 9, 22),
            pilot_keys=frozenset(),
            lookups=load_lookups(),
        )

    result, other = run(numbered), run(shuffled)
    accounted = Counter(
        result.records.filter(pa.compute.equal(result.records["part"], 1)).column("sequence").to_pylist()
    )
    accounted += Counter(result.rejects.column("_record_no").to_pylist())
    accounted += Counter(result.excluded.column("_record_no").to_pylist())
    assert accounted == Counter(range(len(rows)))
    assert result.records.equals(other.records)
    assert result.excluded.equals(other.excluded)
    assert set(result.records.column("part").to_pylist()) <= {1, 2}
    for record in result.records.to_pylist():
        assert json.loads(record["raw"]) == rows[record["sequence"]]
        assert "" not in {value for value in record.values() if isinstance(value, str)} - {record["raw_key"]}


def test_a_new_column_breaks_the_contract(raw_table: RawTable) -> None:
    kind = kind_named("a2m")
    table = raw_table(kind, []).append_column("TEL_KOM2", pa.array([], pa.string())).drop_columns(["TEL"])
    with pytest.raises(SourceContractBroken) as broken:
        check_contract(table.schema, kind, source_id="zt13-abonent")
    assert broken.value.message == "zt13-abonent: column 'TEL_KOM2' is new, 'TEL' is gone."
    assert "config/kinds/a2m.yml" in broken.value.hint


@pytest.mark.parametrize(
    ("policy", "drift"),
    [("evolve", Drift(kept=("TEL_KOM2",))), ("discard", Drift(discarded=("TEL_KOM2",)))],
)
def test_a_kind_may_let_new_columns_pass(raw_table: RawTable, policy: str, drift: Drift) -> None:
    kind = kind_named("a2m").model_copy(update={"on_new_column": policy})
    table = raw_table(kind, []).append_column("TEL_KOM2", pa.array([], pa.string()))
    assert check_contract(table.schema, kind) == drift


@pytest.mark.parametrize("policy", ["freeze", "evolve", "discard"])
def test_a_column_that_is_gone_always_breaks_the_contract(raw_table: RawTable, policy: str) -> None:
    kind = kind_named("a2m").model_copy(update={"on_new_column": policy})
    with pytest.raises(SourceContractBroken, match="'TEL' is gone"):
        check_contract(raw_table(kind, []).drop_columns(["TEL"]).schema, kind)


def test_repeated_columns_are_ignored_by_name(raw_table: RawTable) -> None:
    kind = kind_named("a1")
    table = raw_table(kind, []).append_column("KOD-USLUGI(1)", pa.array([], pa.string()))
    check_contract(table.schema, kind)


def test_the_roster(raw_table: RawTable) -> None:
    rows = [{"ZRODLO": "zt01-abonent", "KLUCZ": key} for key in ("1", "2 ", "3")] + [{"ZRODLO": "zt97-abonent"}]
    table = raw_table(kind_named("roster"), rows, deleted=[2])
    assert read_roster(table, kind=kind_named("roster")) == {"zt01-abonent": frozenset({"1", "2"})}
