"""``blekit link`` at the command line: any file in, links out; what is wrong is said with file, key and row."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
MODEL = {"columns": {"record_id": "id", "full_name": "name", "birth_date": "born", "place": "town"}}
PEOPLE = [
    ("1", "Ann Lee", "1960-01-05", "York"),
    ("2", "Lee, Ann", "1960-01-05", "York"),
    ("3", "Bob Ray", "1971-03-09", "Hull"),
    ("4", "Cy Young", "1955-11-30", "Bath"),
    ("5", "Bob Rey", "1971-03-09", "Hull"),
    ("6", "Dee Fox", "1988-06-17", "Ely"),
]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own with a file of people and a model for it."""
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "people.csv", PEOPLE)
    (tmp_path / "model.yml").write_text(yaml.safe_dump(MODEL))
    return tmp_path


def write_csv(path: Path, rows: list[tuple[str, ...]], *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    quoted = [('"' + value + '"' if delimiter in value else value for value in row) for row in rows]
    lines = ["id name born town".replace(" ", delimiter), *(delimiter.join(row) for row in quoted)]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def clusters(path: Path) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in pq.read_table(path).to_pylist():
        found.setdefault(row["cluster_id"], set()).add(row["record_id"])
    return {frozenset(group) for group in found.values()}


ALONE = {frozenset("4"), frozenset("6")}
EXPECTED = {frozenset({"1", "2"}), frozenset({"3", "5"}), *ALONE}


def test_links_and_clusters(blekit: Any, desk: Path) -> None:
    answer = blekit(
        "link", "people.csv", "--model", "model.yml", "--out", "l.parquet", "--clusters", "c.parquet", "--json"
    )
    assert answer.code == 0, answer.err
    assert set(answer.json) == {
        *("records", "candidate_pairs", "links", "possible_links", "clusters", "wall_s", "cpu_s", "peak_mb")
    }
    assert (answer.json["records"], answer.json["links"], answer.json["clusters"]) == (6, 2, 4)
    links = pq.read_table(desk / "l.parquet")
    assert links.schema.names == ["record_id_1", "record_id_2", "match_weight", "match_probability", "decision"]
    assert [(row["record_id_1"], row["record_id_2"]) for row in links.to_pylist()] == [("1", "2"), ("3", "5")]
    assert all(0.5 <= chance <= 1 for chance in links["match_probability"].to_pylist())
    assert clusters(desk / "c.parquet") == EXPECTED


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        pytest.param("utf-8", ";", id="semicolons"),
        pytest.param("utf-8-sig", "\t", id="tabs and a byte-order mark"),
        pytest.param("utf-16", "|", id="UTF-16 of Windows"),
    ],
)
def test_a_csv_in_any_dress(blekit: Any, desk: Path, encoding: str, delimiter: str) -> None:
    write_csv(desk / "people.csv", PEOPLE, delimiter=delimiter, encoding=encoding)
    blekit("link", "people.csv", "--model", "model.yml", "--out", "l.parquet", "--clusters", "c.parquet")
    assert clusters(desk / "c.parquet") == EXPECTED


def test_parquet_with_dates_numbers_and_categories(blekit: Any, desk: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([float(row[0]) for row in PEOPLE]),  # pandas makes floats of numbers with gaps
            "name": pa.array([row[1] for row in PEOPLE]).dictionary_encode(),
            "born": pa.array([row[2] for row in PEOPLE]).cast(pa.date32()),
            "town": pa.array([row[3] for row in PEOPLE], type=pa.large_string()),
        }
    )
    pq.write_table(table, desk / "people.parquet")
    blekit("link", "people.parquet", "--model", "model.yml", "--out", "l.parquet", "--clusters", "c.parquet")
    assert clusters(desk / "c.parquet") == EXPECTED


def test_a_code_page_is_read_when_it_is_stated(blekit: Any, desk: Path) -> None:
    rows = [("1", "Łucja Żak", "1960-01-05", "Łódź"), ("2", "Łucja Żak", "1960-01-05", "Łódź"), *PEOPLE[2:]]
    write_csv(desk / "people.csv", rows, encoding="cp1250")
    (desk / "model.yml").write_text(yaml.safe_dump({**MODEL, "reading": {"encoding": "cp1250"}}))
    blekit("link", "people.csv", "--model", "model.yml", "--out", "l.parquet", "--clusters", "c.parquet")
    assert clusters(desk / "c.parquet") == EXPECTED


def test_ids_stay_as_they_stand_and_two_files_keep_theirs_apart(blekit: Any, desk: Path) -> None:
    write_csv(desk / "a.csv", [(" 01", *row[1:]) if row[0] == "1" else row for row in PEOPLE[:1] + PEOPLE[2:4]])
    write_csv(desk / "b.csv", [PEOPLE[1], ("3", *PEOPLE[4][1:]), PEOPLE[5]])
    answer = blekit("link", "a.csv", "b.csv", "--model", "model.yml", "--out", "l.parquet", "--clusters", "c.parquet")
    assert answer.code == 0, answer.err
    links = pq.read_table(desk / "l.parquet").to_pylist()
    assert [(row["record_id_1"], row["file_1"], row["record_id_2"], row["file_2"]) for row in links] == [
        (" 01", 1, "2", 2),
        ("3", 1, "3", 2),
    ]
    named = {
        (row["file"], row["record_id"]): row["cluster_id"] for row in pq.read_table(desk / "c.parquet").to_pylist()
    }
    assert named[1, "3"] == named[2, "3"] == "1:3"


def test_two_files_look_inside_themselves_only_when_asked(blekit: Any, desk: Path) -> None:
    write_csv(desk / "other.csv", [PEOPLE[5]])
    pairs = []
    for option in ([], ["--dedupe-too"]):
        blekit("link", "people.csv", "other.csv", "--model", "model.yml", "--out", "l.parquet", *option)
        links = pq.read_table(desk / "l.parquet").to_pylist()
        pairs.append({(row["file_1"], row["file_2"]) for row in links if row["decision"] == "link"})
    assert pairs == [{(1, 2)}, {(1, 1), (1, 2)}]


def test_a_saved_model_says_the_same_again(blekit: Any, desk: Path) -> None:
    blekit("link", "people.csv", "--model", "model.yml", "--out", "l.parquet", "--save-model", "frozen.yml")
    blekit("link", "people.csv", "--model", "frozen.yml", "--out", "again.parquet")
    assert pq.read_table(desk / "l.parquet") == pq.read_table(desk / "again.parquet")
    assert yaml.safe_load((desk / "frozen.yml").read_text())["trained"]["records"] == 6


OTHER_FIRMS = [
    *((3, "Molthal Bau KG", "Hull"), (4, "Sands Textil AG", "Bath"), (5, "Renhoff Druck GmbH", "Ely")),
    *((6, "Grasbach Holz", "Leeds"), (7, "Torwig Metall GmbH", "Hull"), (8, "Ostein Farben KG", "York")),
]


def test_persons_and_firms_in_one_file(blekit: Any, desk: Path) -> None:
    rows = ["id,kind,name,firm,town,phone"]
    rows += [f"{one},P,{name},,{town}," for one, name, _, town in PEOPLE[:4] for name in [name.replace(",", "")]]
    rows += ["f1,F,,Falkberg Solar GmbH,York,5550101", "f2,F,,Falkberg Solar GmbH,York,5550101"]
    rows += [f"f{place},F,,{name},{town},555020{place}" for place, name, town in OTHER_FIRMS]
    (desk / "mixed.csv").write_text("\n".join(rows) + "\n")
    columns = {"record_id": "id", "full_name": "name", "organisation_name": "firm", "place": "town", "phone": "phone"}
    kinds = {"column": "kind", "person": ["P"], "firm": ["F"]}
    (desk / "model.yml").write_text(yaml.safe_dump({"columns": columns, "party_kind": kinds}))
    answer = blekit("link", "mixed.csv", "--model", "model.yml", "--out", "l.parquet", "--clusters", "c.parquet")
    assert answer.code == 0, answer.err
    assert all(len({one[0] == "f" for one in group}) == 1 for group in clusters(desk / "c.parquet"))
    assert frozenset({"f1", "f2"}) in clusters(desk / "c.parquet")


def test_rows_are_numbered_where_no_column_is_an_id(blekit: Any, desk: Path) -> None:
    columns = {role: column for role, column in MODEL["columns"].items() if role != "record_id"}
    (desk / "model.yml").write_text(yaml.safe_dump({"columns": columns}))
    blekit("link", "people.csv", "--model", "model.yml", "--out", "l.parquet", "--clusters", "c.parquet")
    assert clusters(desk / "c.parquet") == EXPECTED


def _model(**changes: object) -> str:
    columns = {**MODEL["columns"], **changes}
    return yaml.safe_dump({"columns": {role: column for role, column in columns.items() if column is not None}})


HEADER = "id,name,born,town\n"
REFUSED, BAD = ("ConfigurationError", 78), ("BadData", 65)
OTHER_ROLES = """
trained:
  records: 1
  pairs: 1
  person: {rules: ["birth : wide"], classes: [a], is_same: [true], prior: [0], weights: {}, rarities: {}}
"""
WRONG = [
    pytest.param(
        {"model.yml": _model(place="city")}, *REFUSED, ["columns.place", "'city'", "town"], id="no such column"
    ),
    pytest.param({"model.yml": "columns: {nme: name}"}, *REFUSED, ["model.yml", "columns.nme"], id="misspelt role"),
    pytest.param({"model.yml": "colums: {}"}, *REFUSED, ["model.yml", "colums"], id="misspelt key"),
    pytest.param({"model.yml": "columns: {record_id: id}"}, *REFUSED, ["no role to compare"], id="nothing to compare"),
    pytest.param({"model.yml": _model(given_name="town", place=None)}, *REFUSED, ["full_name"], id="a name said twice"),
    pytest.param({"model.yml": _model(region="name")}, *REFUSED, ["two roles"], id="one column, two roles"),
    pytest.param({"people.csv": ""}, *BAD, ["people.csv", "empty"], id="empty file"),
    pytest.param({"people.csv": HEADER}, *BAD, ["no records"], id="a header and nothing else"),
    pytest.param(
        {"people.csv": HEADER + "1,Ann,1960-01-05,York\n1,Bob,1970-01-05,Hull\n"},
        *BAD,
        ["rows 1 and 2"],
        id="an id twice",
    ),
    pytest.param({"people.csv": HEADER + ",Ann,1960-01-05,York\n"}, *BAD, ["row 1"], id="no id"),
    pytest.param({"people.csv": HEADER + "1,Ann,1960-01-05\n"}, *BAD, ["4 fields", "delimiter"], id="ragged"),
    pytest.param(
        {"people.csv": "id,name,born,town,name\n1,Ann,1960-01-05,York,x\n"},
        *BAD,
        ["'name'", "twice"],
        id="a column twice",
    ),
    pytest.param(
        {"people.csv": HEADER.encode() + "1,Żak,1960-01-05,York\n".encode("cp1250")},
        *REFUSED,
        ["not utf-8 at byte 20", "cp1250"],
        id="another encoding",
    ),
    pytest.param(
        {"people.csv": HEADER + "1,Ann,1960-01-05,York\n2,Bob,1971-02-06,Hull\n"},
        "NothingLearned",
        65,
        ["no candidate pairs"],
        id="nothing in common",
    ),
    pytest.param(
        {"model.yml": _model() + OTHER_ROLES}, *REFUSED, ["trained on other roles", "given_name"], id="other roles"
    ),
]


@pytest.mark.parametrize(("files", "error", "code", "said"), WRONG)
def test_what_is_wrong_is_said(blekit: Any, desk: Path, files: dict, error: str, code: int, said: list[str]) -> None:
    for name, content in files.items():
        (desk / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    answer = blekit("link", "people.csv", "--model", "model.yml", "--out", "l.parquet", "--json")
    assert (answer.error["error"], answer.code) == (error, code)
    for part in said:
        assert part in f"{answer.error['message']} {answer.error['hint']}"
    assert not (desk / "l.parquet").exists()
    assert "Ann" not in answer.err  # a message names rows, never people


def test_a_column_of_lists_plays_no_role(blekit: Any, desk: Path) -> None:
    pq.write_table(
        pa.table({"id": ["1"], "name": [["Ann", "Lee"]], "born": [""], "town": [""]}), desk / "people.parquet"
    )
    answer = blekit("link", "people.parquet", "--model", "model.yml", "--out", "l.parquet", "--json")
    assert "columns.full_name" in answer.error["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["people.csv", "--model", "model.yml"], id="no --out"),
        pytest.param(["people.csv", "--out", "l.parquet"], id="no model"),
    ],
)
def test_misuse(blekit: Any, desk: Path, arguments: list[str]) -> None:
    assert blekit("link", *arguments).code == 2


def test_the_how_to_says_what_happens(blekit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(HOW_TO / "files", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    page = (HOW_TO / "link-any-table.md").read_text()
    commands = [line.removeprefix("$ blekit ") for line in page.splitlines() if line.startswith("$ blekit ")]
    said = [blekit(*shlex.split(command)) for command in commands]
    assert [answer.err for answer in said if answer.code] == []
    (counts,) = re.findall(r"```text\n(records .*?)```", page, re.S)
    assert said[1].out.startswith(counts)
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    written = (tmp_path / "model.yml").read_text()
    assert [line for line in shown.splitlines() if line not in written] == []
    assert pq.read_table(tmp_path / "links.parquet") == pq.read_table(tmp_path / "again.parquet")
    assert clusters(tmp_path / "clusters.parquet") == {
        *(
            frozenset(group.split())
            for group in ("101 102 103", "104", "105 106 107", "108 109", "110", "111 113", "112")
        ),
        frozenset({"114", "115"}),
    }
