"""The demo's legacy services: one process, started once, stopped with the server or by itself, started again."""

from __future__ import annotations

import importlib
import os
import signal
import time
from pathlib import Path

import pytest
import yaml

from estate.services.tables import Table, write_table

DEMO = Path(__file__).resolve().parents[2] / "demo"
SOURCE = "zt63-complaints"


@pytest.fixture
def services(monkeypatch):
    monkeypatch.syspath_prepend(str(DEMO))
    for name in [name for name in os.environ if name.startswith("BLEKIT_")]:
        monkeypatch.delenv(name)
    return importlib.import_module("services")


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "a home"
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "postgres.password").write_text("pass word/@:%")
    write_table(home / "services" / "postgres" / SOURCE, Table("usterki", (("nr", "text"),), ("nr",)), [("1",)])
    return home


@pytest.fixture
def server(home, services, postgres_in):
    server = postgres_in(home)
    server.start()
    yield server
    services.stop(home)


def gone(home, services, *, seconds=15):
    deadline = time.monotonic() + seconds
    while services._running(home) and time.monotonic() < deadline:
        time.sleep(0.1)
    return services._running(home) is None


def test_a_second_start_leaves_a_running_process_alone(services, home, server):
    services.start(home)
    first = services._running(home)
    services.start(home)
    assert first is not None
    assert services._running(home) == first


def test_locations_of_others_stay(services, home, server):
    (home / "locations.yml").write_text("zt99-portal: {fetch: http, url: 'https://portal.example/soap'}\n")
    services.start(home)
    assert set(yaml.safe_load((home / "locations.yml").read_text())) == {"zt99-portal", SOURCE}


def test_it_ends_with_the_server_of_its_databases(services, home, server):
    services.start(home)
    server.stop()
    assert gone(home, services)


def test_it_is_stopped_and_started_again(services, home, server):
    services.start(home)
    services.stop(home)
    assert services._running(home) is None
    services.start(home)
    assert services._running(home) is not None


def test_one_that_was_killed_is_started_again(services, home, server):
    services.start(home)
    os.kill(services._running(home), signal.SIGKILL)
    assert gone(home, services)
    services.start(home)
    assert services._running(home) is not None


def test_a_server_that_does_not_answer_is_told_with_its_log(services, home, server):
    server.stop()
    with pytest.raises(services.ServicesFailed, match=r"services\.log"):
        services.start(home)
    assert services._running(home) is None


def test_nothing_to_serve_starts_nothing(services, tmp_path):
    services.start(tmp_path)
    assert services._running(tmp_path) is None


def test_a_number_given_to_another_program_is_not_stopped(services, home):
    (home / "run").mkdir()
    (home / "run" / "services.pid").write_text(str(os.getpid()))
    services.stop(home)
    assert not (home / "run" / "services.pid").exists()
