"""Desks for complaints and repairs: what stands in their files and tables is what happened, state by state."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from blekit.scoring.held import place_held
from config.kinds import all_kinds
from config.settings import Settings
from config.sources import all_sources, source_with_id
from estate.event_deliveries import Places, jobs_of, write_job
from estate.event_truth import EventTruth
from estate.life import load_demand
from estate.life.clock import wall_minutes
from estate.people import NONE
from estate.rates import load_rates
from estate.services.serving import serving
from estate.services.tables import read_rows, read_tables
from estate.systems.events import a7c, a7f
from estate.world import make_world
from pipeline.fetching import fetch_deliveries
from pipeline.installation import Installation

LAST_DAY = dt.date(2003, 9, 22)
DESKS = ("zt63-complaints", "zt01-complaints", "zt05-complaints", "zt99-complaints", "zt63-faults", "zt05-faults")
MODULES = {"a7c": a7c, "a7f": a7f}


def rows_of(content, kind):
    """Rows by column name: a plain reader of unloads, by Python's own csv."""
    lines = csv.reader(
        io.StringIO(content.decode("cp1250"), newline=""), delimiter="|", escapechar="\\", quoting=csv.QUOTE_NONE
    )
    names = all_kinds()[kind].options["columns"].split()
    return [dict(zip(names, row, strict=False)) for row in lines]


def life_of(telling):
    return telling.life.complaints if telling.source.kind_name == "a7c" else telling.life.faults


@pytest.mark.parametrize("desk", DESKS)
def test_every_state_of_every_case_stands_there_once(tell, desk):
    telling, written = tell(desk)
    life, rows = life_of(telling), rows_of(written.files[0][1], telling.source.kind_name)
    assert len(rows) == len(written.keys)
    assert [row["nr"] for row in rows] == written.keys.tolist()
    assert len({(row["nr"], row["wersja"]) for row in rows}) == len(rows)
    real = written.row[written.row >= 0]
    assert set(real.tolist()) == set(telling.rows[telling_table(telling)].tolist())
    assert set(life.source[real].tolist()) <= {all_sources().index(telling.source)}


def telling_table(telling):
    return "complaints" if telling.source.kind_name == "a7c" else "faults"


@pytest.mark.parametrize("desk", DESKS)
def test_nothing_in_it_happened_after_its_day(tell, desk):
    telling, written = tell(desk)
    rows = rows_of(written.files[0][1], telling.source.kind_name)
    until = np.datetime_as_string(wall_minutes(np.array([telling.period.until])).astype("datetime64[m]"))[0]
    assert max((row["zmieniono"].replace(" ", "T") for row in rows), default="") < str(until)


def test_amounts_are_those_of_the_life(tell):
    telling, written = tell("zt63-complaints")
    rows, life = rows_of(written.files[0][1], "a7c"), telling.life.complaints
    for row, at in zip(rows, written.row.tolist(), strict=True):
        if at != NONE and row["kwota_uznana"]:
            assert round(float(row["kwota_uznana"]) * 100) == life.granted_grosze[at]
            assert row["rozpatrzono"] == str(life.decided_day[at].astype("datetime64[D]"))
    granted = sum(round(float(row["kwota_uznana"] or 0) * 100) for row in rows)
    claimed = sum(round(float(row["kwota_sporna"]) * 100) for row in rows)
    assert written.control == {"granted_grosze": granted, "claimed_grosze": claimed}


def test_a_reopened_case_has_a_new_number_and_names_the_old_one(tell, small_life):
    told = [tell("zt99-complaints", number) for number in range(17)]
    known = {row["nr"]: row["nr_poprz"] for _, w in told for row in rows_of(w.files[0][1], "a7c")}
    complaints = small_life.complaints
    central = complaints.source == all_sources().index(source_with_id("zt99-complaints"))
    again = np.flatnonzero(central & (complaints.reopened_from != NONE))
    assert len(again)
    for number, earlier in zip(complaints.number[again].tolist(), complaints.reopened_from[again], strict=True):
        point = all_sources()[complaints.source[earlier]].point_code
        assert known[f"R99/{number:07d}"] == f"R{point[2:]}/{complaints.number[earlier]:07d}"


@pytest.mark.parametrize("desk", ["zt99-complaints", "zt99-faults"])
def test_told_piece_by_piece_or_at_once_it_is_the_same(tell, small_life, tmp_path, desk):
    pieces = [tell(desk, number) for number in range(17)]
    kind = pieces[0][0].source.kind_name
    by_pieces = [row for _, written in pieces for row in rows_of(written.files[0][1], kind)]
    write_whole(small_life, desk, tmp_path)
    (table,) = read_tables(tmp_path / "postgres" / desk)
    names = [name for name, _ in table.columns]
    at_once = [
        {name: cell or "" for name, cell in zip(names, row, strict=True)}
        for row in read_rows(tmp_path / "postgres" / desk, table)
    ]
    order = lambda row: (row["nr"], row["wersja"])  # noqa: E731
    # An empty text is a blank in an unload.
    plain = [{name: "" if cell == " " else cell for name, cell in row.items()} for row in by_pieces]
    assert sorted(plain, key=order) == sorted(at_once, key=order)


def write_whole(life, source_id, out):
    rates = load_rates()
    (job,) = jobs_of(source_with_id(source_id), load_demand(), has_services=True)
    done = write_job(job, seed=5, life=life, rates=rates, places=Places(out / "deliveries", out))
    truth = EventTruth(make_world(5, 2_200, rates), life)
    return truth.rows(done.known, source=job.source, writer=job.writer, delivery=done.delivery), done


def test_a_desk_of_a_point_says_its_last_day_and_the_centre_none(small_life, tmp_path):
    for desk in ("zt63-faults", "zt99-faults"):
        write_whole(small_life, desk, tmp_path)
    assert (tmp_path / "postgres" / "zt63-faults.json").read_text() == '{"last_day": "2003-09-22"}'
    assert not (tmp_path / "postgres" / "zt99-faults.json").exists()


def test_the_truth_knows_whose_each_row_is(small_life, tmp_path):
    table, told = write_whole(small_life, "zt63-complaints", tmp_path)
    pq.write_table(table, tmp_path / "t.parquet")
    assert table["delivery"].null_count == table.num_rows
    assert table["entity_id"].null_count == sum(kind is None for kind in table["kind"].to_pylist())
    assert told.events == table.num_rows - table["kind"].null_count


@pytest.mark.parametrize("desk", ["zt63-complaints", "zt99-faults"])
def test_the_truth_about_a_table_names_the_row_that_is_broken(small_life, tmp_path, desk):
    _, told = write_whole(small_life, desk, tmp_path)
    (table,) = read_tables(tmp_path / "postgres" / desk)
    names = [name for name, _ in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in read_rows(tmp_path / "postgres" / desk, table)]
    by_row = {(row["nr"], int(row["wersja"])): row for row in rows}
    assert len(by_row) == len(rows)
    shows = {
        "F05": lambda row: (row.get("przyjeto") or row["zgloszono"]).startswith("1900-01-01"),
        "F14": lambda row: not (row.get("opis") or row.get("objaw")).isascii(),
        "F18": lambda row: not (row["telefon"].isdigit() and len(row["telefon"]) == 9),
        "F22": lambda row: row["operator"] == "TEST",
        "F24": lambda row: row["nr_klienta"].startswith("9000000"),
    }
    broken = told.defects.to_pylist()
    assert "F18" in {defect["code"] for defect in broken}
    for defect in broken:
        row = by_row[defect["record_key"], defect["version"]]
        assert shows[defect["code"]](row) and row["zmieniono"].startswith(defect["known_on"])
    odd = [key for key, row in by_row.items() if row["telefon"] and shows["F18"](row)]
    assert sorted(odd) == sorted((d["record_key"], d["version"]) for d in broken if d["code"] == "F18")


def test_what_is_broken_in_a_table_is_found_in_what_was_fetched_of_it(small_life, tmp_path):
    desk = source_with_id("zt31-faults")  # a file of SQLite
    _, told = write_whole(small_life, desk.source_id, tmp_path)
    installation = Installation(Settings(home=tmp_path / "home"))
    installation.ensure_keys()
    with serving(tmp_path, keys=installation.keys_dir) as locations:
        installation.settings.locations_file.write_text(json.dumps(locations))
        days = [fetch_deliveries(installation, desk, until=day).deliveries for day in (dt.date(2002, 6, 30), LAST_DAY)]
    taken = [(desk.source_id, name) for each in days for name in each]
    assert len(taken) == 2
    placed = place_held(told.defects.to_pandas(), deliveries=taken, folder=installation.deliveries_dir)
    assert sorted(set(placed["defect"])) == list(range(told.defects.num_rows))
    for row in placed.itertuples():
        content = (installation.deliveries_dir / row.source_id / row.delivery / row.file).read_bytes()
        cells = content[row.offset : row.offset + row.length].split(b"|")
        assert (cells[0].decode(), int(cells[-3])) == (row.record_key, row.version)


@pytest.mark.parametrize("desk", DESKS)
def test_an_empty_period_gives_an_empty_file(tell, desk):
    _, written = tell(desk, empty=True)
    assert [content for _, content in written.files] == [b""]
    assert len(written.keys) == 0


DEFECTS = {"F05": "no_date", "F14": "double_encoded", "F22": "test_rows", "F24": "orphan"}


@pytest.mark.parametrize(("code", "rate"), DEFECTS.items(), ids=list(DEFECTS))
def test_defects_stand_where_the_truth_says(tell, code, rate):
    rates = load_rates()
    sure = {name: 1.0 if name == rate else 0.0 for name in DEFECTS.values()}
    desks = rates.desks.model_copy(update={**sure, "local_phone": 0.0})
    _, written = tell("zt63-complaints", rates=rates.model_copy(update={"desks": desks}))
    found = {name: positions for name, positions in written.defects if len(positions)}
    assert set(found) <= {code, "F18"}
    rows = rows_of(written.files[0][1], "a7c")
    shows = {
        "F05": lambda row: row["przyjeto"].startswith("1900-01-01"),
        "F14": lambda row: "Ĺ" in row["opis"] or "Ä" in row["opis"] or "Ă" in row["opis"],
        "F22": lambda row: row["operator"] == "TEST",
        "F24": lambda row: row["nr_klienta"].startswith("9000000"),
    }[code]
    assert [at for at, row in enumerate(rows) if shows(row)] == found[code].tolist()


@pytest.mark.parametrize("module", [a7c, a7f], ids=["a7c", "a7f"])
def test_every_word_of_every_desk_is_in_the_yaml(module):
    kind = all_kinds()[module.WRITER.kind]
    codes = kind.event.codes
    tables = {"stan": module.STATES, "kategoria" if module is a7c else "przyczyna": module.WORDS}
    if module is a7c:
        tables |= {"droga": module.CHANNELS, "rozpatrzyl": module.DECIDERS}
    for column, words in tables.items():
        assert {word for table in words for word in table} <= set(codes[column])
    categories = module.CATEGORIES if module is a7c else module.CAUSES
    column = "kategoria" if module is a7c else "przyczyna"
    assert {word for table in categories for word in table} <= set(codes[column])


def test_a_case_keeps_its_defects_when_it_is_told_again(tell):
    rates = load_rates()
    often = rates.model_copy(update={"desks": rates.desks.model_copy(update={"orphan": 0.5})})
    accounts: dict[str, set[str]] = {}
    for number in range(17):
        for row in rows_of(tell("zt99-faults", number, rates=often)[1].files[0][1], "a7f"):
            accounts.setdefault(row["nr"], set()).add(row["nr_klienta"])
    assert {len(each) for each in accounts.values()} == {1}


def test_columns_of_file_table_and_yaml_are_the_same():
    for module in (a7c, a7f):
        kind = all_kinds()[module.WRITER.kind]
        names = [name for name, _ in module.TABLE.columns]
        assert names == kind.options["columns"].split()
        assert kind.service.table == module.TABLE.name
