"""The demo's own parts: what it refuses to start with, and how its approver judges."""

from __future__ import annotations

import importlib
import socket
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "demo"


@pytest.fixture
def demo(monkeypatch):
    """Import a module of the demo, which is a folder of scripts and no package."""
    monkeypatch.syspath_prepend(str(DEMO))
    return importlib.import_module


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_named_with_a_way_out(demo, tmp_path, taken_port):
    preflight = demo("preflight")
    with pytest.raises(preflight.Refused, match=f"Port {taken_port} .*(\n.*)BLEKIT_AIRFLOW_PORT") as refused:
        preflight.check(tmp_path, airflow_port=taken_port, is_running=False)
    assert refused.value.exit_code == 78


def test_our_own_airflow_may_have_its_port(demo, tmp_path, taken_port):
    demo("preflight").check(tmp_path, airflow_port=taken_port, is_running=True)


def test_a_short_disk_is_named(demo, tmp_path, monkeypatch):
    preflight = demo("preflight")
    monkeypatch.setattr(preflight, "NEEDED_BYTES", 10**18)
    with pytest.raises(preflight.Refused, match=r"MB free in .*(\n.*)BLEKIT_HOME") as refused:
        preflight.check(tmp_path / "not" / "there" / "yet", airflow_port=1, is_running=True)
    assert refused.value.exit_code == 74


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        pytest.param({"expected_precision": 998_000, "delivered": 1000, "quarantined": 50}, "Go", id="as agreed"),
        pytest.param({"expected_precision": 989_999, "delivered": 1000, "quarantined": 0}, "No-go", id="imprecise"),
        pytest.param(
            {"expected_precision": 998_000, "delivered": 1000, "quarantined": 51}, "No-go", id="too much lost"
        ),
        pytest.param({"expected_precision": 998_000, "delivered": 0, "quarantined": 0}, "Go", id="nothing delivered"),
        pytest.param({}, "No-go", id="no evidence"),
    ],
)
def test_the_approver_looks_at_the_evidence(demo, evidence, answer):
    assert demo("approver").verdict(evidence)[0] == answer


def test_a_password_does_not_stand_on_the_screen(demo):
    shown = demo("screen").without_password("postgresql://blekit_bi:s3cret@127.0.0.1:5433/blekit")
    assert shown == "postgresql://blekit_bi@127.0.0.1:5433/blekit"
