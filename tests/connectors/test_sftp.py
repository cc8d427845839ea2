"""Drops on a real SFTP server: what is taken, what is left for the next time, and what is never spoken to."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from config.errors import BadData, ConfigurationError, PermissionDenied, SourceUnavailable
from config.kinds import Budgets, Kind
from connectors.sftp import Pulled, SftpServer, pull_drop
from connectors.sftp_drops import Claim, Left, is_safe, read_sidecar
from estate.services.sftp import SftpDrop, begin, put

USER, PASSWORD = "blekit", "hasło do zrzutu"
LARGE = os.urandom(1 << 20) * 5


def make_kind(*, layout: str = "files", sidecar: str = "ctl", **changes: Any) -> Kind:
    names = {"main": r"WPL_(?P<date>\d{8})_(?P<sequence>\d+)\.TXT"} if layout == "files" else {}
    values = {
        "kind": "zz", "title": "t", "format": "informix_unload", "code_page": "cp1250", "files": {"main": "wpl.txt"},
        "key": ("nr",), "columns": {"nr": "account_number"}, "options": {"columns": "nr"},
        "service": {"fetch": "sftp", "layout": layout, "names": names, "sidecar": sidecar},
    }  # fmt: skip
    return Kind.model_validate(values | changes)


@dataclass
class Visitor:
    """Visits a drop as the product does, remembering what it took."""

    server: SftpServer
    scratch: Path
    kind: Kind
    known: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, int, dict[str, bytes], dict[str, int]]] = field(default_factory=list)

    def visit(self) -> tuple[Left, ...]:
        return pull_drop(
            self.server,
            kind=self.kind,
            source_id="zt00-test",
            scratch=self.scratch,
            is_known=lambda candidate: self.known.get(candidate.key) == candidate.fingerprint,
            take=self._take,
        )

    def _take(self, pulled: Pulled) -> None:
        files = {path.name: path.read_bytes() for path in pulled.folder.iterdir()}
        candidate = pulled.candidate
        self.known[candidate.key] = candidate.fingerprint
        self.taken.append((str(candidate.business_date), candidate.sequence, files, dict(pulled.control)))

    @property
    def numbers(self) -> list[tuple[str, int]]:
        return [(date, sequence) for date, sequence, _, _ in self.taken]


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[SftpDrop]:
    folder = tmp_path / "drop"
    (folder / "wplaty").mkdir(parents=True)
    with SftpDrop(folder, user=USER, password=PASSWORD) as served:
        yield served


def server_of(drop: SftpDrop, **changes: Any) -> SftpServer:
    values = {"host": "127.0.0.1", "port": drop.port, "user": USER, "folder": "/wplaty", "password": PASSWORD}
    return SftpServer(**{**values, "host_key": drop.host_key, **changes})


@pytest.fixture
def visitor(drop: SftpDrop, tmp_path: Path) -> Visitor:
    return Visitor(server_of(drop), tmp_path / "scratch", make_kind())


@pytest.fixture
def wplaty(drop: SftpDrop) -> Path:
    return drop.folder / "wplaty"


def touch(path: Path, *, seconds: int = 1000) -> None:
    os.utime(path, (seconds, seconds))


# -- complete and incomplete ---


def test_a_complete_file_is_taken(visitor: Visitor, wplaty: Path) -> None:
    put(wplaty, "WPL_20030922_1.TXT", b"1|\n2|\n", sidecar="ctl", records=2)
    assert visitor.visit() == ()
    assert visitor.taken == [("2003-09-22", 1, {"wpl.txt": b"1|\n2|\n"}, {"records": 2})]


@pytest.mark.parametrize(
    ("arrive", "name", "code"),
    [
        pytest.param(lambda f: begin(f, "WPL_20030922_1.TXT", b"1|\n"), "WPL_20030922_1.TXT.part", "still_arriving",
                     id="part"),
        pytest.param(lambda f: put(f, "WPL_20030922_1.TXT", b"1|\n"), "WPL_20030922_1.TXT", "still_arriving",
                     id="no sidecar yet"),
        pytest.param(lambda f: put(f, "LISTA.TXT", b"1|\n"), "LISTA.TXT", "unknown_name", id="another name"),
        pytest.param(lambda f: put(f, "WPL_20031399_1.TXT", b""), "WPL_20031399_1.TXT", "unknown_name", id="no date"),
    ],
)  # fmt: skip
def test_what_is_left_for_the_next_time(visitor: Visitor, wplaty: Path, arrive: Any, name: str, code: str) -> None:
    arrive(wplaty)
    assert [(left.name, left.code) for left in visitor.visit()] == [(name, code)]
    assert visitor.taken == []


@pytest.mark.parametrize("sidecar", ["ctl", "md5"])
@pytest.mark.parametrize(
    ("damage", "code"),
    [
        pytest.param(lambda content: content[:-2] + b"9\n", "BadData", id="changed"),
        pytest.param(lambda content: content + b"more", "BadData", id="longer"),
    ],
)
def test_a_file_its_sidecar_denies(visitor: Visitor, wplaty: Path, sidecar: str, damage: Any, code: str) -> None:
    visitor.kind = make_kind(sidecar=sidecar)
    path = put(wplaty, "WPL_20030922_1.TXT", b"1|\n2|\n", sidecar=sidecar)
    path.write_bytes(damage(path.read_bytes()))
    assert [left.code for left in visitor.visit()] == [code]
    path.write_bytes(b"1|\n2|\n")
    assert visitor.visit() == () and len(visitor.taken) == 1


def test_a_cut_file_still_arrives(visitor: Visitor, wplaty: Path) -> None:
    path = put(wplaty, "WPL_20030922_1.TXT", b"1|\n2|\n", sidecar="ctl")
    path.write_bytes(b"1|\n")
    assert [(left.code, left.reason) for left in visitor.visit()] == [
        ("still_arriving", "WPL_20030922_1.TXT: 3 of 6 bytes")
    ]


def test_a_file_that_grows_while_it_is_read(visitor: Visitor, drop: SftpDrop, wplaty: Path) -> None:
    put(wplaty, "WPL_20030922_1.TXT", b"1|\n", sidecar="md5")
    visitor.kind = make_kind(sidecar="md5")
    drop.mishaps.grow = {"WPL_20030922_1.TXT": b"2|\n"}
    assert [left.code for left in visitor.visit()] == ["grew"]
    put(wplaty, "WPL_20030922_1.TXT", b"1|\n2|\n", sidecar="md5")
    visitor.visit()
    assert visitor.taken[0][2] == {"wpl.txt": b"1|\n2|\n"}


def test_all_parts_of_a_delivery_come_together(visitor: Visitor, wplaty: Path) -> None:
    names = {"main": r"WPL_(?P<date>\d{8})\.TXT", "index": r"WPL_(?P<date>\d{8})\.IDX"}
    service = {"fetch": "sftp", "layout": "files", "names": names, "sidecar": "ctl"}
    visitor.kind = make_kind(service=service, files={"main": "wpl.txt", "index": "wpl.idx"})
    put(wplaty, "WPL_20030922.TXT", b"1|\n", sidecar="ctl", records=1)
    assert [left.reason for left in visitor.visit()] == ["no index part yet"]
    put(wplaty, "WPL_20030922.IDX", b"x", sidecar="ctl")
    assert visitor.visit() == ()
    assert visitor.taken == [("2003-09-22", 1, {"wpl.txt": b"1|\n", "wpl.idx": b"x"}, {"records": 1})]


# -- late, repeated, out of order ---


def test_deliveries_come_by_date_not_by_arrival(visitor: Visitor, wplaty: Path) -> None:
    for name in ("WPL_20030924_1", "WPL_20030922_10", "WPL_20030922_2", "WPL_20030923_1"):
        put(wplaty, f"{name}.TXT", name.encode(), sidecar="ctl")
    visitor.visit()
    assert visitor.numbers == [("2003-09-22", 2), ("2003-09-22", 10), ("2003-09-23", 1), ("2003-09-24", 1)]


def test_a_late_delivery_is_taken_when_it_comes(visitor: Visitor, wplaty: Path) -> None:
    put(wplaty, "WPL_20030924_1.TXT", b"b", sidecar="ctl")
    visitor.visit()
    put(wplaty, "WPL_20030922_1.TXT", b"a", sidecar="ctl")
    visitor.visit()
    assert visitor.numbers == [("2003-09-24", 1), ("2003-09-22", 1)]


def test_nothing_is_taken_twice(visitor: Visitor, drop: SftpDrop, wplaty: Path) -> None:
    put(wplaty, "WPL_20030922_1.TXT", b"a", sidecar="ctl")
    visitor.visit()
    served = drop.mishaps.served
    visitor.visit()
    assert len(visitor.taken) == 1 and drop.mishaps.served == served


def test_what_the_sender_touched_is_looked_at_again(visitor: Visitor, wplaty: Path) -> None:
    path = put(wplaty, "WPL_20030922_1.TXT", b"a", sidecar="ctl")
    visitor.visit()
    touch(path)
    visitor.visit()
    assert len(visitor.taken) == 2  # that the bytes are the same is seen by whoever keeps deliveries


# -- folders with the sender's manifest ---


def send_folder(folder: Path, *, sequence: int = 1, content: bytes = b"1|\n", claimed: bytes | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "wpl.txt").write_bytes(content)
    digest = hashlib.sha256(claimed or content).hexdigest()
    manifest = {
        "source_id": "zt00-test", "business_date": "2003-09-22", "sequence": sequence,
        "files": [{"name": "wpl.txt", "bytes": len(claimed or content), "sha256": digest}], "control": {"records": 1},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def by_folders(visitor: Visitor) -> Visitor:
    visitor.kind = make_kind(layout="folders")
    return visitor


def test_a_folder_with_its_manifest(by_folders: Visitor, wplaty: Path) -> None:
    sent = send_folder(wplaty / "2003-09-22-1")
    assert by_folders.visit() == ()
    assert by_folders.taken[0][2]["manifest.json"] == (sent / "manifest.json").read_bytes()


def test_a_folder_whose_manifest_is_not_there_yet(by_folders: Visitor, wplaty: Path) -> None:
    sent = send_folder(wplaty / "2003-09-22-1")
    (sent / "manifest.json").rename(sent / "manifest.json.part")
    assert [left.code for left in by_folders.visit()] == ["still_arriving"]


def test_a_folder_with_a_part(by_folders: Visitor, wplaty: Path) -> None:
    sent = send_folder(wplaty / "2003-09-22-1")
    (sent / "wpl.txt").rename(sent / "wpl.txt.part")
    assert [left.reason for left in by_folders.visit()] == ["only wpl.txt.part yet"]


def test_a_broken_folder_is_for_landing_to_judge(by_folders: Visitor, wplaty: Path) -> None:
    send_folder(wplaty / "2003-09-22-1", content=b"1|", claimed=b"1|\n")
    by_folders.visit()
    assert by_folders.taken[0][2]["wpl.txt"] == b"1|"


def test_a_manifest_that_is_none(by_folders: Visitor, wplaty: Path) -> None:
    sent = send_folder(wplaty / "2003-09-22-1")
    (sent / "manifest.json").write_bytes(b"{")
    assert [left.code for left in by_folders.visit()] == ["BadData"]


def test_a_manifest_that_leads_elsewhere(by_folders: Visitor, wplaty: Path) -> None:
    sent = send_folder(wplaty / "2003-09-22-1")
    content = json.loads((sent / "manifest.json").read_text())
    content["files"][0]["name"] = "../../etc/passwd"
    (sent / "manifest.json").write_text(json.dumps(content))
    assert [left.code for left in by_folders.visit()] == ["BadData"]


def test_a_link_is_no_file(visitor: Visitor, wplaty: Path, tmp_path: Path) -> None:
    (tmp_path / "drop" / "secret").write_bytes(b"x")
    (wplaty / "WPL_20030922_1.TXT").symlink_to("../secret")
    put(wplaty, "WPL_20030922_2.TXT", b"a", sidecar="ctl")
    visitor.visit()
    assert visitor.numbers == [("2003-09-22", 2)]


# -- servers ---


def test_a_cut_transfer_goes_on_where_it_stopped(visitor: Visitor, drop: SftpDrop, wplaty: Path) -> None:
    put(wplaty, "WPL_20030922_1.TXT", LARGE, sidecar="ctl")
    drop.mishaps.cut_after = 3 << 20
    with pytest.raises(SourceUnavailable):
        visitor.visit()
    kept = max(path.stat().st_size for path in visitor.scratch.glob("*.partial"))
    drop.mishaps.served = 0
    assert visitor.visit() == ()
    assert visitor.taken[0][2] == {"wpl.txt": LARGE}
    assert kept > 0 and drop.mishaps.served < len(LARGE)


def test_a_file_that_changed_after_the_cut_is_read_from_its_start(
    visitor: Visitor, drop: SftpDrop, wplaty: Path
) -> None:
    put(wplaty, "WPL_20030922_1.TXT", LARGE, sidecar="ctl")
    drop.mishaps.cut_after = 3 << 20
    with pytest.raises(SourceUnavailable):
        visitor.visit()
    other = put(wplaty, "WPL_20030922_1.TXT", LARGE[::-1], sidecar="ctl")
    touch(other)
    visitor.visit()
    assert visitor.taken[0][2] == {"wpl.txt": LARGE[::-1]}


def test_another_host_key_is_not_spoken_to(visitor: Visitor, drop: SftpDrop) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    visitor.server = server_of(drop, host_key=other)
    with pytest.raises(PermissionDenied, match="another key"):
        visitor.visit()


def test_a_wrong_password(visitor: Visitor, drop: SftpDrop, caplog: pytest.LogCaptureFixture) -> None:
    visitor.server = server_of(drop, password="zgaduję")
    with caplog.at_level("DEBUG"), pytest.raises(PermissionDenied) as caught:
        visitor.visit()
    assert "zgaduję" not in caplog.text + str(caught.value)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"port": 1}, SourceUnavailable, id="nobody listens"),
        pytest.param({"folder": "/nie-ma"}, ConfigurationError, id="no such folder"),
        pytest.param({"folder": "/../../../etc"}, ConfigurationError, id="nothing outside the drop"),
        pytest.param({"host_key": "no key"}, ConfigurationError, id="no key"),
        pytest.param({"private_key": b"no key"}, ConfigurationError, id="no private key"),
    ],
)
def test_servers_we_do_not_get_into(
    visitor: Visitor, drop: SftpDrop, changes: dict[str, Any], error: type[Exception]
) -> None:
    visitor.server = server_of(drop, **changes)
    with pytest.raises(error):
        visitor.visit()


def test_a_kind_that_is_no_drop(visitor: Visitor) -> None:
    visitor.kind = make_kind(service=None)
    with pytest.raises(ConfigurationError):
        visitor.visit()


@pytest.mark.parametrize("files", [{"main": "*.TIF"}, {"index": "x.idx"}], ids=["many files", "no such part"])
def test_names_of_parts_that_are_not_one_file(visitor: Visitor, files: dict[str, str]) -> None:
    visitor.kind = make_kind(files=files)
    with pytest.raises(ConfigurationError, match="not a part of one file"):
        visitor.visit()


def test_a_file_over_the_budget(visitor: Visitor, wplaty: Path) -> None:
    visitor.kind = make_kind(budgets=Budgets(max_file_bytes=2))
    put(wplaty, "WPL_20030922_1.TXT", b"1|\n", sidecar="ctl")
    assert [left.code for left in visitor.visit()] == ["BudgetExceeded"]


def test_a_sidecar_without_end(visitor: Visitor, wplaty: Path) -> None:
    put(wplaty, "WPL_20030922_1.TXT", b"1|\n", sidecar="ctl")
    (wplaty / "WPL_20030922_1.TXT.ctl").write_bytes(b"BYTES=3\n" * 200_000)
    assert [left.code for left in visitor.visit()] == ["BudgetExceeded"]


# -- the parts ---


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.txt", True), (".ukryty", False), ("..", False), ("a/b", False), ("a\\b", False), ("a\nb", False), ("", False)],
)
def test_names_of_the_server(name: str, expected: bool) -> None:
    assert is_safe(name) == expected


@pytest.mark.parametrize(
    ("sidecar", "content", "expected"),
    [
        pytest.param("ctl", b"BYTES=3\r\nRECORDS=1\r\n", Claim(3, 1), id="ctl"),
        pytest.param("ctl", b"bytes = 3\nsha256=" + b"AB" * 32, Claim(3, None, ("sha256", "ab" * 32)), id="spaces"),
        pytest.param("ctl", b"", Claim(), id="a ctl that only says done"),
        pytest.param("ctl", b"BYTES=-1", None, id="negative"),
        pytest.param("ctl", b"\xff", None, id="not text"),
        pytest.param("md5", b"ab" * 16 + b"  x.txt\n", Claim(digest=("md5", "ab" * 16)), id="md5"),
        pytest.param("md5", b"", None, id="empty md5"),
        pytest.param("md5", b"zz", None, id="no digest"),
    ],
)
def test_sidecars(sidecar: str, content: bytes, expected: Claim | None) -> None:
    service: Any = make_kind(sidecar=sidecar).service
    if expected is None:
        with pytest.raises(BadData):
            read_sidecar(content, service=service, name="x")
    else:
        assert read_sidecar(content, service=service, name="x") == expected


def test_dates_are_dates(visitor: Visitor, wplaty: Path) -> None:
    put(wplaty, "WPL_20040229_1.TXT", b"a", sidecar="ctl")
    visitor.visit()
    assert dt.date.fromisoformat(visitor.numbers[0][0]) == dt.date(2004, 2, 29)
