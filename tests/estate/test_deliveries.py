"""Delivery folders: names, manifests, control totals, sequences, the pilot."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from config.errors import UsageError
from config.sources import all_sources, source_with_id
from estate import build
from estate.build import customers_at
from estate.rates import load_rates

SUBSCRIBERS = [source for source in all_sources() if source.role == "subscriber"]


@pytest.mark.parametrize("source", SUBSCRIBERS, ids=lambda source: source.source_id)
def test_every_system_delivers_in_full_on_its_date(built, cutover_dates, source):
    last = built.last(source.source_id)
    manifest = built.manifest(last)
    assert manifest["source_id"] == source.source_id
    assert manifest["business_date"] == cutover_dates[source.unit].isoformat()
    assert last.name == f"{manifest['business_date']}-{manifest['sequence']}"
    assert [entry["name"] for entry in manifest["files"]] == list(source.kind.files.values())
    assert {path.name for path in last.iterdir()} == {*source.kind.files.values(), "manifest.json"}
    for entry in manifest["files"]:
        content = (last / entry["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"])


def test_sequences_count_from_one(built):
    for source in SUBSCRIBERS:
        sequences = sorted(built.manifest(folder)["sequence"] for folder in built.folders(source.source_id))
        assert sequences == list(range(1, len(sequences) + 1))


def test_the_pilot_is_450_persons_and_6_firms(built, spool_rows):
    content = (built.last("zt99-pilot") / "PILOT.LST").read_bytes()
    roster = {tuple(row) for row in spool_rows(content)}
    truth = {(row["source_id"], row["raw_key"]): row for row in built.table("records") if row["part"] == 1}
    customers = {truth[entry]["entity_id"]: truth[entry]["entity_kind"] for entry in roster}
    counts = Counter(customers.values())
    # Few customers have no account that is old enough, or became a training row.
    assert 430 <= counts["person"] <= 450
    assert 4 <= counts["firm"] <= 6


def test_pilot_systems_send_just_their_roster_first(built, spool_rows, unload_records):
    roster = {tuple(row) for row in spool_rows((built.last("zt99-pilot") / "PILOT.LST").read_bytes())}
    first = built.folders("zt05-abonent")[0]
    sent = {f"{fields[0]}/{fields[18]}" for _, _, fields in unload_records((first / "klient.unl").read_bytes())}
    assert built.manifest(first)["business_date"] == "2002-10-28"
    assert sent == {key for source_id, key in roster if source_id == "zt05-abonent"}


def test_pilot_customers_come_again_with_new_balances(built, unload_records):
    versions = []
    for folder in (built.folders("zt29-abonent")[0], built.last("zt29-abonent")):
        rows = unload_records((folder / "klient.unl").read_bytes())
        versions.append({f"{row[0]}/{row[18]}": row[19] for _, _, row in rows if len(row) == 21})
    shared = versions[0].keys() & versions[1].keys()
    assert len(shared) > 10
    assert 0 < sum(versions[0][key] != versions[1][key] for key in shared) < len(shared)


def broken_deliveries(built, code):
    """Whole deliveries of customers that were broken; a statement or a letter of events may be so by itself."""
    return [row for row in built.table("defects") if row["code"] == code and row["source_id"].endswith("-abonent")]


def test_a_truncated_delivery_is_followed_by_a_good_one(built):
    # What is cut off or missing inside a delivery of events is F11 too, but nobody sends it again.
    broken = broken_deliveries(built, "F11")
    assert len(broken) == 2
    for row in broken:
        folder = built.deliveries / row["source_id"] / row["delivery"]
        entry = built.manifest(folder)["files"][0]
        assert (folder / entry["name"]).stat().st_size < entry["bytes"]
        good = built.manifest(built.last(row["source_id"]))
        assert good["sequence"] == built.manifest(folder)["sequence"] + 1
        assert good["business_date"] == built.manifest(folder)["business_date"]


def test_wrong_totals_are_followed_by_right_ones(built):
    broken = broken_deliveries(built, "F10")
    assert len(broken) == 2
    for row in broken:
        wrong = built.manifest(built.deliveries / row["source_id"] / row["delivery"])
        right = built.manifest(built.last(row["source_id"]))
        assert wrong["control"]["records"] > right["control"]["records"]
        assert source_with_id(row["source_id"]).kind_name in ("a1", "a4")


def test_size_follows_the_scale(built):
    assert built.summary.customers == pytest.approx(11_000, rel=0.03)
    assert built.summary.records / built.summary.customers == pytest.approx(1.82, abs=0.06)


def test_it_refuses_to_mix_two_estates(built, tmp_path):
    with pytest.raises(UsageError, match="not empty"):
        build(out=built.deliveries, truth=tmp_path, scale="demo", seed=11)


def test_an_unknown_scale_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no scale 's3'"):
        build(out=tmp_path / "d", truth=tmp_path / "t", scale="s3", seed=1)


def test_a_scale_may_be_a_plain_number_of_customers():
    assert customers_at("59000", load_rates()) == 59_000
    assert customers_at("demo", load_rates()) == load_rates().customers["demo"]


@pytest.mark.parametrize("scale", ["0", "-5", "1e5", "²", "99000000"])
def test_a_number_that_is_no_number_of_customers_is_an_error(scale):
    with pytest.raises(UsageError, match="no scale"):
        customers_at(scale, load_rates())
