"""Scanned letters: the index, the pages and the texts of a batch."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from config.errors import (
    BadData,
    BlekitError,
    BudgetExceeded,
    ConfigurationError,
    ControlTotalsDiffer,
    StorageFailed,
)
from config.kinds import Budgets, Kind
from connectors.model import Ledger, RawFile
from connectors.scans import ScanFile, read_scans, scan_format
from connectors.tiff import TiffLimits, count_pages

COLUMNS = ("PACZKA", "NR", "STRON", "KOD", "DATA", "TYP", "TIFF", "TEKST")
HEADING = ";".join(COLUMNS) + "\r\n"
OPTIONS = {"page_count": "STRON", "tiff": "TIFF", "text": "TEKST"}


def tiff(pages: int, *, size: tuple[int, int] = (40, 30), order: str = "<") -> bytes:
    """A G4 file as the scanner writes it; big-endian ones we write by hand, without pictures."""
    if order == ">":
        return bare_tiff(pages)
    frames = [Image.new("1", size, page % 2) for page in range(pages)]
    out = io.BytesIO()
    frames[0].save(out, "TIFF", compression="group4", save_all=True, append_images=frames[1:])
    return out.getvalue()


def bare_tiff(
    pages: int,
    *,
    order: str = ">",
    width: int = 8,
    height: int = 8,
    strips: int = 1,
    reduced: int = 0,
    loop: bool = False,
) -> bytes:
    """Directories one behind another, each with a strip of one byte behind the header."""
    out = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HI", 42, 12) + b"\x00\x10\x01\x00"
    for page in range(pages):
        entries = [
            (254, 4, 1, reduced),
            (256, 4, 1, width),
            (257, 4, 1, height),
            (273, 4, strips, 8),
            (279, 4, strips, 1),
        ]
        here = len(out)
        following = 0 if page == pages - 1 else here + 2 + 12 * len(entries) + 4
        out += struct.pack(f"{order}H", len(entries))
        out += b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
        out += struct.pack(f"{order}I", 12 if loop and not following else following)
    return out


def line(number: int, pages: int = 2, *, tif: str | None = None, txt: str | None = None, kod: str = "PL0001") -> str:
    tif, txt = tif if tif is not None else f"{number:04d}.TIF", txt if txt is not None else f"{number:04d}.TXT"
    return f"0412;{number};{pages};{kod};2005-04-12 08:15;REKLAMACJA;{tif};{txt}\r\n"


def kind_of(**changes: Any) -> Kind:
    return Kind(
        **{
            "kind": "test", "title": "Scans", "format": "scan_batch", "code_page": "cp1250",
            "files": {"main": "INDEKS.CSV", "pages": "*.TIF", "text": "*.TXT"}, "key": ("PACZKA", "NR"),
            "columns": {}, "ignore": (*COLUMNS, "TIFF_PAGES", "OCR_TEXT"), "options": OPTIONS, **changes,
        }
    )  # fmt: skip


def batch(*lines: str, **changed: bytes) -> dict[str, bytes]:
    """Two letters of two pages with their texts; keywords replace files (``x0001_TIF``), lines replace the index."""
    files = {
        "0001.TIF": tiff(2), "0001.TXT": "Szanowni Państwo,\r\nproszę".encode("cp1250"),
        "INDEKS.CSV": (HEADING + ("".join(lines) or line(1) + line(2))).encode("cp1250"),
        "0002.TIF": tiff(2), "0002.TXT": b"Wypowiadam",
    }  # fmt: skip
    files |= {name.removeprefix("x").replace("_", "."): content for name, content in changed.items()}
    return {name: content for name, content in files.items() if content != b"gone"}


@pytest.fixture
def scan(make: Any, read: Callable[..., Any]) -> Callable[..., Any]:
    def run(
        files: Mapping[str, bytes], *, control: Mapping[str, int] | None = None, chunk: int = 50_000, **kind: Any
    ) -> Any:
        result = read(make.Sample(kind_of(**kind), files, control or {}), chunk_records=chunk)
        check_conservation(result.accounts, result.quarantine, files)
        return result

    return run


def check_conservation(accounts: Any, quarantine: Any, files: Mapping[str, bytes]) -> None:
    """Every file has its account, balanced; a file beside the index is a record or a quarantined span as a whole."""
    assert {account.file: account.size for account in accounts} == {name: len(files[name]) for name in files}
    assert all(account.is_balanced for account in accounts)
    for account in accounts:
        spans = sum(span["length"] for span in quarantine if span["file"] == account.file)
        assert spans == account.quarantined
        if account.file != "INDEKS.CSV":
            assert account.records in (0, account.size) and account.quarantined in (0, account.size)


def spans(result: Any) -> set[tuple[str, str]]:
    return {(span["file"], span["reason"]) for span in result.quarantine}


def test_a_batch(scan: Callable[..., Any]) -> None:
    result = scan(batch(), control={"records": 2})
    assert result.column("TIFF_PAGES") == ["2", "2"] and not result.quarantine and not result.issues
    assert result.column("OCR_TEXT") == ["Szanowni Państwo,\r\nproszę", "Wypowiadam"]
    assert result.columns[:10] == [*COLUMNS, "TIFF_PAGES", "OCR_TEXT"]
    assert result.accounts[0].file == "INDEKS.CSV" and result.accounts[0].header == len(HEADING)


def test_a_count_off_by_one_takes_nothing(scan: Callable[..., Any]) -> None:
    with pytest.raises(ControlTotalsDiffer):
        scan(batch(), control={"records": 3})


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param(batch(line(1, 3), line(2)), "page_count_differs", id="a page is missing"),
        pytest.param(batch(line(1, 1), line(2)), "page_count_differs", id="a page too many"),
        pytest.param(batch(line(1).replace(";2;", ";dwie;"), line(2)), "bad_number", id="no number of pages"),
        pytest.param(batch(x0001_TIF=tiff(2)[:-9]), "tiff_truncated", id="cut TIFF"),
        pytest.param(batch(x0001_TIF=b""), "tiff_truncated", id="empty TIFF"),
        pytest.param(batch(x0001_TIF=b"%PDF-1.2 nothing"), "tiff_damaged", id="no TIFF"),
        pytest.param(batch(x0001_TIF=bare_tiff(2, loop=True)), "tiff_damaged", id="chain that bites its tail"),
        pytest.param(batch(x0001_TIF=bare_tiff(2, width=2**31)), "tiff_budget", id="bomb of pixels"),
        pytest.param(batch(x0001_TIF=bare_tiff(501)), "tiff_budget", id="bomb of pages"),
        pytest.param(batch(x0001_TIF=bare_tiff(2, strips=2**31)), "tiff_truncated", id="strips that cannot be"),
        pytest.param(batch(x0001_TIF=bare_tiff(2, strips=30_000) + bytes(130_000)), "tiff_budget", id="bomb of strips"),
        pytest.param(batch(x0001_TIF=bare_tiff(2, width=0)), "tiff_damaged", id="page of no width"),
    ],
)
def test_a_letter_goes_to_quarantine_with_its_files(
    scan: Callable[..., Any], files: dict[str, bytes], reason: str
) -> None:
    result = scan(files, control={"records": 2})
    assert result.column("NR") == ["2"]
    assert spans(result) == {("INDEKS.CSV", reason), ("0001.TIF", reason), ("0001.TXT", reason)}


@pytest.mark.parametrize(
    "name",
    ["../0001.TIF", "..", "/etc/passwd", "C:0001.TIF", "..\\0001.TIF", "\\\\serwer\\skany\\0001.TIF"],
)
def test_a_path_is_no_name(scan: Callable[..., Any], name: str) -> None:
    result = scan(batch(line(1, tif=name), line(2)))
    assert spans(result) == {
        ("INDEKS.CSV", "path_escape"), ("0001.TXT", "path_escape"), ("0001.TIF", "not_in_index"),
    }  # fmt: skip


def test_two_letters_in_one_file_of_pages(scan: Callable[..., Any]) -> None:
    result = scan(batch(line(1), line(3, tif="0001.TIF", txt=""), line(2)))
    assert result.column("NR") == ["2"]
    assert [span["reason"] for span in result.quarantine if span["file"] == "INDEKS.CSV"] == ["tiff_shared"] * 2


def test_two_letters_of_one_text(scan: Callable[..., Any]) -> None:
    result = scan(batch(line(1), line(2, txt="0001.TXT")), chunk=1)
    assert not result.rows and ("0002.TXT", "not_in_index") in spans(result)


def test_pages_that_are_not_there(scan: Callable[..., Any]) -> None:
    result = scan(batch(x0001_TIF=b"gone"))
    assert spans(result) == {("INDEKS.CSV", "tiff_missing"), ("0001.TXT", "tiff_missing")}


def test_files_nobody_names(scan: Callable[..., Any]) -> None:
    result = scan(batch(line(2), x9_PDF=b"%PDF"))
    assert spans(result) == {(name, "not_in_index") for name in ("0001.TIF", "0001.TXT", "9.PDF")}
    assert result.column("NR") == ["2"] and len(result.accounts) == 6


def test_a_letter_without_its_text_is_delivered(scan: Callable[..., Any]) -> None:
    result = scan(batch(line(1), line(2, txt=""), x0001_TXT=b"gone"))
    assert result.column("OCR_TEXT") == [None, None] and spans(result) == {("0002.TXT", "not_in_index")}
    assert [(issue["record_no"], issue["column"], issue["reason"]) for issue in result.issues] == [
        (0, "OCR_TEXT", "memo_missing")
    ]


def test_capitals_make_no_difference(scan: Callable[..., Any]) -> None:
    files = batch(line(1, tif="0001.tif"), line(2))
    files["0002.txt"] = files.pop("0002.TXT")
    assert len(scan(files).rows) == 2


def test_names_that_differ_in_capitals_only_are_none(scan: Callable[..., Any]) -> None:
    files = batch(line(1, tif="a.Tif"), x0001_TIF=b"gone") | {"A.TIF": tiff(2), "a.tif": tiff(2)}
    assert ("INDEKS.CSV", "tiff_missing") in spans(scan(files))


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        pytest.param("0412;1;2\r\n", "3 found", id="fields lost"),
        pytest.param(line(1).replace(";", ";;", 1), "9 found", id="a field too many"),
        pytest.param('"' + line(1), "unfinished", id="quotation without end"),
    ],
)
def test_shifted_lines_are_quarantined(scan: Callable[..., Any], bad: str, found: str) -> None:
    result = scan(batch(bad, line(2)), control={"records": 2})
    assert found in result.quarantine[0]["detail"] and result.column("NR") == ["2"]
    assert spans(result) >= {("INDEKS.CSV", "field_count"), ("0001.TIF", "not_in_index")}


def test_quotations_empty_lines_and_end_mark(scan: Callable[..., Any]) -> None:
    result = scan(batch(line(1, kod='"PL;1"'), "\r\n", line(2), "\x1a"))
    assert result.column("KOD") == ["PL;1", "PL0001"]
    assert (result.accounts[0].filler, result.accounts[0].trailer) == (2, 1)


def test_a_bad_text_is_an_issue_and_a_bad_required_field_takes_its_letter(scan: Callable[..., Any]) -> None:
    result = scan(batch(x0001_TXT=b"a\x81", x0002_TXT=b"a\0b"))
    assert [issue["reason"] for issue in result.issues] == ["undecodable_byte", "nul_in_text"]
    files = batch()
    files["INDEKS.CSV"] = files["INDEKS.CSV"].replace(b"PL0001", b"PL\x810", 1)
    result = scan(files, required=("KOD",))
    assert spans(result) == {
        ("INDEKS.CSV", "undecodable_byte"), ("0001.TIF", "letter_quarantined"), ("0001.TXT", "letter_quarantined"),
    }  # fmt: skip


def test_a_text_over_its_budget(scan: Callable[..., Any]) -> None:
    result = scan(batch(x0001_TXT=b"x" * 3000), budgets=Budgets(max_record_bytes=2000))
    assert ("0001.TXT", "text_budget") in spans(result) and result.column("NR") == ["2"]


@pytest.mark.parametrize("budgets", [{"max_records": 1}, {"max_field_chars": 3}, {"max_file_bytes": 100}])
def test_budgets_fail_closed(scan: Callable[..., Any], budgets: dict[str, int]) -> None:
    with pytest.raises(BudgetExceeded):
        scan(batch(), budgets=Budgets(**budgets))


@pytest.mark.parametrize(
    ("index", "message"),
    [
        pytest.param("", "no heading", id="empty"),
        pytest.param("PACZKA;NR;STRON\r\n", "no column TEKST, TIFF", id="columns gone"),
        pytest.param(HEADING.replace("KOD", "OCR_TEXT"), "one of ours", id="a name of ours"),
    ],
)
def test_headings_we_refuse(scan: Callable[..., Any], index: str, message: str) -> None:
    with pytest.raises(BadData, match=message):
        scan({**batch(), "INDEKS.CSV": index.encode()})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"tiff": "TIFF"}, "page_count: missing", id="no page count"),
        pytest.param({"page_count": "STRON"}, "tiff: missing", id="no pages"),
        pytest.param({**OPTIONS, "max_pages": 0}, "max_pages", id="no pages at all"),
        pytest.param({**OPTIONS, "max_page": 1}, "max_page", id="unknown"),
    ],
)
def test_descriptions_we_refuse(scan: Callable[..., Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        scan(batch(), options=options)


def test_a_pattern_is_no_main_part(make: Any, read: Callable[..., Any]) -> None:
    with pytest.raises(BadData, match="no main part"):
        read(make.Sample(kind_of(files={"main": "*.CSV"}), batch(), {}))


# -- TIFF ---


@pytest.mark.parametrize("pages", [1, 2, 7])
@pytest.mark.parametrize("mode", ["group4", "tiff_lzw", None])
def test_pages_are_counted_as_pillow_counts_them(tmp_path: Path, pages: int, mode: str | None) -> None:
    frames = [Image.new("1", (300, 2000), page % 2) for page in range(pages)]
    path = tmp_path / "x.tif"
    frames[0].save(path, "TIFF", compression=mode, save_all=True, append_images=frames[1:])
    with Image.open(path) as image:
        assert count_pages(path, size=path.stat().st_size, limits=TiffLimits()).pages == image.n_frames == pages


@pytest.mark.parametrize(
    ("content", "pages"),
    [
        pytest.param(bare_tiff(3, order=">"), 3, id="big-endian"),
        pytest.param(bare_tiff(3, order="<"), 3, id="little-endian"),
        pytest.param(bare_tiff(2, reduced=1), 0, id="reduced copies are no pages"),
    ],
)
def test_pages_of_files_written_by_hand(tmp_path: Path, content: bytes, pages: int) -> None:
    (tmp_path / "x.tif").write_bytes(content)
    found = count_pages(tmp_path / "x.tif", size=len(content), limits=TiffLimits())
    assert (found.pages, found.reason) == (pages, "")


def test_no_cut_of_a_tiff_goes_unnoticed(tmp_path: Path) -> None:
    content, path = tiff(2), tmp_path / "x.tif"
    for length in range(len(content) - 8):  # Pillow pads the file to 16 bytes; nothing is lost with the padding
        path.write_bytes(content[:length])
        found = count_pages(path, size=length, limits=TiffLimits())
        assert found.reason in ("tiff_truncated", "tiff_damaged"), length


@settings(deadline=None, max_examples=300)
@given(seed=st.integers(0, 10**6), content=st.one_of(st.none(), st.binary(max_size=60)))
def test_any_bytes_are_pages_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, seed: int, content: bytes | None
) -> None:
    chance, path = random.Random(seed), tmp_path_factory.getbasetemp() / "any.tif"
    flipped = bytearray(bare_tiff(3, order=chance.choice("<>")) if content is None else content)
    for _ in range(chance.choice((0, 1, 3)) if flipped else 0):
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    path.write_bytes(flipped)
    found = count_pages(path, size=len(flipped), limits=TiffLimits())
    assert found.reason in ("", "tiff_truncated", "tiff_damaged", "tiff_budget")


# -- whatever the bytes ---


def read_index(folder: Path, index: bytes, *, chunk: int = 50_000, window: int = 4096) -> RawFile:
    files = {name: content for name, content in batch().items() if name != "INDEKS.CSV"}
    for name, content in {**files, "INDEKS.CSV": index}.items():
        (folder / name).write_bytes(content)
    ledger = Ledger("INDEKS.CSV", len(index), Budgets())
    beside = {name: ScanFile(folder / name, Ledger(name, len(files[name]), Budgets())) for name in files}
    form = scan_format(OPTIONS, kind="test", pages=("cp1250",), required=("NR",))
    ledgers = [ledger, *(file.ledger for file in beside.values())]
    chunks = read_scans(
        folder / "INDEKS.CSV", form=form, ledger=ledger, files=beside, chunk_records=chunk, window_bytes=window
    )
    found = RawFile.of(chunks, ledgers=ledgers)
    check_conservation(found.accounts, found.quarantine.to_pylist(), {**files, "INDEKS.CSV": index})
    return found


def test_every_cut_of_an_index_balances(tmp_path: Path) -> None:
    index = batch()["INDEKS.CSV"]
    for length in range(len(index) + 1):
        try:
            read_index(tmp_path, index[:length])
        except BlekitError as exc:
            assert isinstance(exc, BadData) and length < len(HEADING)


PIECES = [line(1), line(2), line(1, 3), line(2, tif=""), "\r\n", ";", '"', "\x1a", "0002.TIF"]


@settings(deadline=None, max_examples=150)
@given(
    index=st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=8).map(lambda parts: (HEADING + "".join(parts)).encode("cp1250")),
        st.binary(max_size=60).map(lambda tail: HEADING.encode() + tail),
    ),
    window=st.integers(1, 200),
    size=st.integers(1, 3),
)
def test_any_index_balances_whatever_window_and_chunk(
    tmp_path_factory: pytest.TempPathFactory, index: bytes, window: int, size: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole, parts = read_index(folder, index), read_index(folder, index, window=window, chunk=size)
    assert parts.records.to_pylist() == whole.records.to_pylist()
    assert sorted(map(str, parts.quarantine.to_pylist())) == sorted(map(str, whole.quarantine.to_pylist()))
    assert parts.accounts == whole.accounts


def test_a_tiff_that_became_shorter_is_tried_again(tmp_path: Path) -> None:
    content = bare_tiff(1)
    (tmp_path / "x.tif").write_bytes(content[:-1])
    with pytest.raises(StorageFailed, match=rf"x\.tif: byte {len(content) - 1}: the file became shorter"):
        count_pages(tmp_path / "x.tif", size=len(content), limits=TiffLimits())
