"""What the estate writes for services: a drop as its sender left it, and where each system answers until when."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest

from config.kinds import all_kinds
from config.services import DropService, PageService, TableService
from config.sources import all_sources, source_with_id
from connectors.sftp import SftpServer, pull_drop
from estate.deliveries import Delivery, write_delivery
from estate.event_deliveries import _defects_of_drop
from estate.event_services import DROPS, SQLITE_POINTS, leave_in_drop
from estate.services.serving import serving
from estate.systems.events import WRITERS

SOURCE = source_with_id(DROPS[0])
DAY = dt.date(2003, 9, 22)


@pytest.fixture
def served(tmp_path):
    delivery = Delivery(SOURCE.source_id, DAY, 1, (("PRZEKAZY.TXT", b"STOP\r\n" * 30),), 30, {"records": 30})
    write_delivery(tmp_path / "services" / "sftp", delivery)
    leave_in_drop(tmp_path / "services", SOURCE, delivery)
    with serving(tmp_path / "services", keys=tmp_path / "keys") as locations:
        yield locations[SOURCE.source_id]


def test_one_is_sent_twice_and_one_is_still_arriving(served, tmp_path):
    key, password = ((tmp_path / "keys" / served[name]).read_text() for name in ("host_key", "password"))
    taken = []
    left = pull_drop(
        SftpServer(served["host"], served["port"], served["user"], served["folder"], key, password),
        kind=SOURCE.kind,
        source_id=SOURCE.source_id,
        scratch=tmp_path / "scratch",
        is_known=lambda _: False,
        take=lambda pulled: taken.append(pulled.manifest.batch_id),
    )
    assert Counter(taken).most_common() == [(taken[0], 2)]
    assert [(each.name, each.code) for each in left] == [("2003-09-22-1-nowa", "still_arriving")]


def test_the_truth_tells_of_what_the_sender_did(tmp_path):
    delivery = Delivery(SOURCE.source_id, DAY, 1, (("PRZEKAZY.TXT", b"STOP\r\n" * 30),), 30, {"records": 30})
    write_delivery(tmp_path / "services" / "sftp", delivery)
    leave_in_drop(tmp_path / "services", SOURCE, delivery)
    drop = tmp_path / "services" / "sftp" / SOURCE.source_id
    told = {row["code"]: row for row in _defects_of_drop(delivery).to_pylist()}
    assert {path.name for path in drop.iterdir()} == {"2003-09-22-1", told["F12"]["delivery"], told["F11"]["delivery"]}
    assert (drop / told["F12"]["delivery"] / "PRZEKAZY.TXT").stat().st_size == told["F12"]["length"]
    assert not (drop / told["F11"]["delivery"] / "PRZEKAZY.TXT").exists()
    assert {row["known_on"] for row in told.values()} == {"2003-09-22"}


def test_its_last_day_is_that_of_its_delivery(served):
    assert served["last_day"] == "2003-09-22"
    json.dumps(served)


def test_who_has_a_service_is_of_a_kind_that_is_asked_so():
    assert all(isinstance(source_with_id(name).kind.service, DropService) for name in DROPS)
    asked = {writer.kind: all_kinds()[writer.kind].service for writer in WRITERS if writer.serve}
    assert all(isinstance(service, TableService | PageService) for service in asked.values())
    tables = {kind for kind, service in asked.items() if isinstance(service, TableService)}
    on_sqlite = {source.point_code for source in all_sources() if source.kind_name in tables} & set(SQLITE_POINTS)
    assert on_sqlite == set(SQLITE_POINTS)
