"""The tables of ``blekit bench linkage --oracle --reliability --ablation``."""

from dataclasses import replace

from blekit.bench.quality import quality, render


def test_only_the_tables_asked_for_and_only_party_records(small):
    other = replace(small, name="other", schema="table")
    found = quality([other, small], learn_from=None, tables=["oracle", "reliability"], progress=lambda message: None)
    assert {name: list(of_data) for name, of_data in found.items()} == {"oracle": ["small"], "reliability": ["small"]}


def test_tables_show_ours_beside_the_oracle_and_predicted_beside_observed(small, capsys):
    found = quality([small], learn_from=None, tables=["oracle", "reliability"], progress=lambda message: None)
    found["ablation"] = {"small": [{"party_kind": "person", "idea": "planted", "f1_natural": 0.5, "delta": -0.125}]}
    render(found)
    shown = capsys.readouterr().out
    for text in ("perfect", "blocking_recall", "observed", "planted", "-0.125"):
        assert text in shown


def test_nothing_asked_nothing_shown(capsys):
    render({"machine": {}, "rows": []})
    assert capsys.readouterr().out == ""
