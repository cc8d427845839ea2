"""Accounts, secrets and the generated airflow.cfg."""

from __future__ import annotations

import configparser
import stat
from pathlib import Path

from blekit.runtime.accounts import ensure_accounts, ensure_secret
from blekit.runtime.airflow_settings import AirflowPlace, airflow_cfg
from blekit.runtime.checks import foreign_packages


def place(**changes):
    values = {
        "home": Path("/h"),
        "dags_folder": Path("/work/100 % new/dags"),
        "logs_folder": Path("/h/logs"),
        "port": 8081,
        "database_url": "postgresql+psycopg://airflow:p%40ss@127.0.0.1:5433/airflow",
        "users": "engineer:op",
        "passwords_file": Path("/h/passwords.json"),
        "fernet_key": "f",
        "jwt_secret": "j",
        "api_secret": "a",
    }
    return AirflowPlace(**{**values, **changes})


def read_back(text):
    """As Airflow reads it: with interpolation."""
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser


def test_percent_signs_survive_airflow():
    settings = read_back(airflow_cfg(place()))
    assert settings["core"]["dags_folder"] == "/work/100 % new/dags"
    assert settings["database"]["sql_alchemy_conn"] == "postgresql+psycopg://airflow:p%40ss@127.0.0.1:5433/airflow"


def test_nothing_is_reached_from_outside_and_nothing_calls_home():
    settings = read_back(airflow_cfg(place()))
    assert settings["api"]["host"] == "127.0.0.1"
    assert settings["api"]["base_url"] == "http://127.0.0.1:8081"
    assert settings["core"]["execution_api_server_url"] == "http://127.0.0.1:8081/execution/"
    assert not settings["metrics"].getboolean("statsd_on")
    assert not settings["scheduler"].getboolean("enable_health_check")


def test_accounts_are_made_once_and_nobody_else_reads_them(tmp_path):
    path = tmp_path / "keys" / "accounts.json"
    first = ensure_accounts(path)
    assert {account.name: account.role for account in first} == {
        "engineer": "op",
        "approver": "op",
        "steward": "op",
        "viewer": "viewer",
    }
    assert len({account.password for account in first}) == 4
    assert ensure_accounts(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_account_somebody_added_stays(tmp_path):
    path = tmp_path / "accounts.json"
    path.write_text('{"anna": {"role": "op", "password": "long"}}')
    assert {account.name for account in ensure_accounts(path)} >= {"anna", "engineer"}


def test_a_secret_stays_what_it_was(tmp_path):
    path = tmp_path / "secret"
    assert ensure_secret(path, text="first") == ensure_secret(path, text="second") == "first"


def test_import_names_are_ours():
    assert foreign_packages() == {}
