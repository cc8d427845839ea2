"""Registered matching models: kept as they came, named by what they are, never changed."""

from __future__ import annotations

import hashlib

import psycopg
import pytest

from config.errors import GateFailed, UsageError

DOCUMENT = '{"person":"ł"}'
VERSION = hashlib.sha256(DOCUMENT.encode()).hexdigest()


def test_a_model_is_kept_under_the_hash_of_its_text(warehouse):
    assert warehouse.register_model(DOCUMENT, actor="anna") == (VERSION, True)
    found = warehouse.model(VERSION)
    assert (found.document, found.registered_by) == (DOCUMENT, "anna")


def test_registering_again_changes_nothing(warehouse):
    warehouse.register_model(DOCUMENT, actor="anna")
    before = warehouse.models(), warehouse.verify_audit().events
    assert warehouse.register_model(DOCUMENT, actor="ola") == (VERSION, False)
    assert (warehouse.models(), warehouse.verify_audit().events) == before


def test_a_short_version_names_the_only_model_that_begins_so(warehouse):
    warehouse.register_model(DOCUMENT, actor="anna")
    assert warehouse.model(VERSION[:8]) == warehouse.model(VERSION)
    assert warehouse.model(VERSION[:7]) is None
    assert warehouse.model("f" * 64) is None


def test_a_short_version_of_two_models_is_refused(warehouse, monkeypatch):
    monkeypatch.setattr("warehouse.models.SHORTEST_VERSION", 0)
    warehouse.register_model("a", actor="anna")
    warehouse.register_model("b", actor="anna")
    with pytest.raises(UsageError, match="2 models"):
        warehouse.model("")


def test_a_document_that_is_not_its_version_is_refused_by_the_database(database, warehouse):
    warehouse.register_model(DOCUMENT, actor="anna")
    with pytest.raises(psycopg.errors.CheckViolation):
        database.execute_as_owner("UPDATE meta.matching_model SET document = 'another'")


def test_nobody_rewrites_a_registered_model(database, warehouse):
    warehouse.register_model(DOCUMENT, actor="anna")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.query("DELETE FROM meta.matching_model RETURNING 1", role="blekit_etl")


def test_a_model_without_its_event_is_noticed(database, warehouse):
    warehouse.register_model(DOCUMENT, actor="anna")
    database.execute_as_owner("DELETE FROM meta.audit_event")
    assert warehouse.verify_audit().unrecorded == (f"model.registered {VERSION}",)


def test_a_decision_keeps_the_weight_it_was_taken_on(warehouse):
    warehouse.append_decision("same", "a:1", "b:2", actor="ola", match_weight=-1_500_000)
    warehouse.append_decision("same", "a:1", "b:2", actor="ola")
    assert [each.match_weight for each in warehouse.decisions()] == [-1_500_000, None]


def test_a_release_of_the_nation_needs_an_approval_of_the_nation(warehouse, people, content_of, inputs):
    def publish(covers: str) -> str:
        prepared = warehouse.prepare(kind="model", inputs=inputs("poznan"), content=content_of(people(1)), actor="anna")
        return warehouse.publish(prepared.release_no, actor="anna", covers=covers).state

    rehearsal_id = warehouse.record_rehearsal("nation", {})
    with pytest.raises(GateFailed, match="nobody approved"):
        publish("c1")
    warehouse.record_approval("nation", rehearsal_id, "c1", "go", actor="ola", requested_by="anna")
    assert (rehearsal_id, publish("c1")) == ("nation-1", "published")
