"""The PIN register asked over SOAP tells what it would have told in files."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from config.sources import source_with_id
from connectors import read_delivery, read_manifest
from connectors.http_soap import PulledPages, SoapServer, pull_pages
from connectors.manifest_writing import write_manifest
from estate.draw import stream
from estate.event_deliveries import _rows
from estate.event_services import write_served
from estate.life import load_demand
from estate.rates import load_rates
from estate.services.serving import serving
from estate.systems.events import WRITERS, Period, Telling
from estate.systems.events.periods import BEGINNING, periods_of

SOURCE = source_with_id("zt99-pin")
LAST = dt.date(2006, 12, 31)
# A small estate has few events; in pages of a hundred they still are several.
KIND = SOURCE.kind.model_copy(update={"service": SOURCE.kind.service.model_copy(update={"page_size": 100})})


@pytest.fixture(scope="module")
def register(web_life, tmp_path_factory):
    """What the register holds, and a function that fetches what came in after one day until another."""
    writer = next(each for each in WRITERS if each.kind == SOURCE.kind_name)
    *_, last = periods_of(SOURCE, last_day=load_demand().last_day)
    whole = Period(last.date, BEGINNING, last.until)
    rows = dict(_rows(web_life, SOURCE, writer, whole))
    held = writer.serve(Telling(web_life, SOURCE, whole, rows, stream(1, "table"), load_rates()))
    home = tmp_path_factory.mktemp("register")
    write_served(home / "services", SOURCE, held, last_day=str(LAST))
    with serving(home / "services", keys=home / "keys") as locations:
        where = locations[SOURCE.source_id]
        server = SoapServer(where["url"], where["user"], (home / "keys" / where["password"]).read_text())

        def fetch(path, *, since=None, until=LAST) -> PulledPages:
            path.parent.mkdir(parents=True, exist_ok=True)
            return pull_pages(path, server=server, kind=KIND, source_id="zt99-pin", since=since, until=until)

        yield held, fetch


def test_the_truth_knows_the_day_and_the_only_version_of_each_event(register):
    held, _ = register
    # The clock of the register itself says when an event came in; of test events too.
    days = [re.search(r"<pin:przyjeto>(\d{4}-\d\d-\d\d)T", record)[1] for record in held.records]
    undated = {at for code, rows in held.defects if code == "F05" for at in rows.tolist()}
    assert all(told == day for at, (told, day) in enumerate(zip(held.days, days, strict=True)) if at not in undated)
    assert set(held.version.tolist()) == {1} and len(set(held.keys.tolist())) == len(held.keys)


def test_every_event_it_holds_is_read_from_its_pages(register, tmp_path):
    held, fetch = register
    name = SOURCE.kind.files["main"]
    pulled = fetch(tmp_path / name)
    assert pulled.pages > 1 and pulled.records == len(held.records)
    write_manifest(
        tmp_path,
        source_id="zt99-pin",
        business_date=LAST,
        sequence=1,
        names=[name],
        control={"records": pulled.records},
    )
    reader = read_delivery(tmp_path, manifest=read_manifest(tmp_path), kind=SOURCE.kind)
    numbers = [number for chunk in reader.chunks() for number in chunk.records.column("@nr").to_pylist()]
    assert numbers == held.keys.tolist() and not reader.quarantined
    assert all(account.is_balanced for account in reader.accounts)


def test_what_came_in_is_told_in_one_span_of_days_only(register, tmp_path):
    held, fetch = register
    days = sorted(set(held.days))
    middle = dt.date.fromisoformat(days[len(days) // 2])
    before = fetch(tmp_path / "before.xml", until=middle)
    after = fetch(tmp_path / "after.xml", since=middle + dt.timedelta(days=1))
    assert before.records and after.records and before.records + after.records == len(held.records)


def test_before_its_first_day_it_answers_with_an_empty_page(register, tmp_path):
    assert register[1](tmp_path / "empty.xml", until=dt.date(2002, 10, 28)) == PulledPages(1, 0)
