"""The audit chain notices what was done to it."""

from __future__ import annotations

import pytest

from warehouse import Warehouse


@pytest.fixture
def audited(warehouse, people, release):
    release(people(2))
    warehouse.move_unit("krakow", to="landed", actor="anna")
    warehouse.append_decision("same", "a:1", "b:2", actor="ola")
    return warehouse


def test_an_untouched_chain_is_intact(audited):
    verdict = audited.verify_audit()
    assert (verdict.is_intact, verdict.events, verdict.first_broken) == (True, 4, None)


def test_the_head_changes_with_every_event(audited):
    before = audited.verify_audit().head
    audited.append_audit(actor="anna", action="note", subject="x")
    assert audited.verify_audit().head != before


@pytest.mark.parametrize(
    ("tampering", "first_broken"),
    [
        pytest.param("UPDATE meta.audit_event SET actor = 'eve' WHERE event_no = 2", 2, id="actor"),
        pytest.param("UPDATE meta.audit_event SET detail = '{}' WHERE event_no = 3", 3, id="detail"),
        pytest.param(
            "UPDATE meta.audit_event SET happened_at = happened_at - interval '1 s' WHERE event_no = 1", 1, id="time"
        ),
        pytest.param("DELETE FROM meta.audit_event WHERE event_no = 2", 3, id="one left out"),
        pytest.param("UPDATE meta.audit_event SET code = sha256(code) WHERE event_no = 4", 4, id="code"),
    ],
)
def test_tampering_is_found_where_it_happened(database, audited, tampering, first_broken):
    database.execute_as_owner(tampering)
    verdict = audited.verify_audit()
    assert (verdict.is_intact, verdict.first_broken) == (False, first_broken)


def test_a_chain_cut_at_its_end_lacks_events_of_the_ledger(database, audited):
    database.execute_as_owner("DELETE FROM meta.audit_event WHERE event_no >= 2")
    verdict = audited.verify_audit()
    assert (verdict.is_intact, verdict.unrecorded) == (False, ("release.published 1", "decision.recorded 1"))


def test_another_key_does_not_verify(database, audited):
    with Warehouse(database.url(), ref_key=b"another key") as stranger:
        assert stranger.verify_audit().first_broken == 1


def test_events_hold_nothing_personal(database, audited):
    text = str(database.query("SELECT actor, action, subject, detail FROM meta.audit_event", role="blekit_etl"))
    assert not [word for word in ("zt63", "Żółwicka", "a:1", "b:2") if word in text]
