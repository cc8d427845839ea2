"""What holds for every reader, whatever its format: the same tests for each entry of ``cases.CASES``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.errors import (
    BadData,
    BudgetExceeded,
    ControlTotalsDiffer,
    RetriableError,
    SourceContractBroken,
)
from config.kinds import Budgets
from config.schemas import CELL_ISSUE, QUARANTINED_SPAN, RAW_PLACE
from connectors.model import RawChunk
from tests.connectors.contract.case import (
    Files,
    Outcome,
    ReaderCase,
    check_conservation,
    opening,
    outcome,
    read_case,
)
from tests.connectors.contract.cases import CASES
from transforms import check_contract

PLACE = [column.name for column in RAW_PLACE]
FLIPS: tuple[Callable[[int], int], ...] = (lambda byte: byte ^ 0x01, lambda byte: byte ^ 0xFF, lambda byte: byte ^ 0x80)


def cases(**wanted: bool) -> Any:
    """The cases that have what a test needs, as parameters."""
    chosen = [case for case in CASES if all(getattr(case, name) for name in wanted)]
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in chosen])


class Reading:
    """Reads files of a case in the folder of a test; what a reader refuses must be a coded error about the data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def good(self, case: ReaderCase, files: Files | None = None, **options: Any) -> Outcome:
        return read_case(case, opening(case, self.folder, files or case.files(), **options))

    def damaged(self, case: ReaderCase, files: Files, **options: Any) -> Outcome | None:
        try:
            result = self.good(case, files, **options)
        except BadData as exc:
            assert exc.message.startswith(case.name), f"no file in {exc}"
            return None
        check_conservation(result)
        return result


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def spoilt(files: Files) -> Iterator[tuple[str, int, bytes]]:
    """Each byte of each part; in long runs of filling only the first ones, the others mean the same."""
    for part, content in files.items():
        for at in range(len(content)):
            run = content[max(0, at - 40) : at + 1]
            if run.strip(b"\0") and run.strip(b"\xff"):
                yield part, at, content


# -- a good file ------------------------------------------------------------------------------------------------------


@cases()
def test_a_good_file_is_delivered_whole(case: ReaderCase, reading: Reading) -> None:
    result = reading.good(case)
    check_conservation(result)
    assert result.records is not None and result.quarantine is not None and result.issues is not None
    assert (result.records.num_rows, result.quarantine.num_rows, result.issues.num_rows) == (case.records, 0, 0)


@cases()
def test_columns_then_place_all_in_their_types(case: ReaderCase, reading: Reading) -> None:
    result = reading.good(case)
    assert result.records is not None
    assert result.records.schema.names == [*case.columns, *PLACE]
    assert {str(result.records.schema.field(name).type) for name in case.columns} == {"string"}
    QUARANTINED_SPAN.check(result.quarantine)
    CELL_ISSUE.check(result.issues)


@cases()
def test_records_are_numbered_and_lie_in_file_order(case: ReaderCase, reading: Reading) -> None:
    result = reading.good(case)
    assert result.column("_record_no") == list(range(case.records))
    assert result.column("_offset") == sorted(result.column("_offset"))  # type: ignore[type-var]


@cases()
def test_replay_gives_the_same_tables(case: ReaderCase, reading: Reading) -> None:
    assert reading.good(case).tables == reading.good(case).tables


@pytest.mark.parametrize("window", [None, 1, 16, 61])
@pytest.mark.parametrize("size", [1, 7, 50_000])
@cases()
def test_pieces_of_any_size_give_the_same_tables(
    case: ReaderCase, reading: Reading, size: int, window: int | None
) -> None:
    result = reading.good(case, chunk_records=size, window_bytes=window)
    check_conservation(result)
    assert result.tables == reading.good(case).tables


# -- damage -----------------------------------------------------------------------------------------------------------


@cases()
def test_a_cut_at_any_byte_is_a_coded_error_or_conserved(case: ReaderCase, reading: Reading) -> None:
    for part, at, content in spoilt(case.files()):
        result = reading.damaged(case, {**case.files(), part: content[:at]})
        assert result is None or result.ledgers["main"].delivered_records <= case.records


@pytest.mark.parametrize("flip", FLIPS, ids=["lowest bit", "all bits", "highest bit"])
@cases()
def test_a_flip_of_any_byte_is_a_coded_error_or_conserved(
    case: ReaderCase, reading: Reading, flip: Callable[[int], int]
) -> None:
    for part, at, content in spoilt(case.files()):
        flipped = content[:at] + bytes([flip(content[at])]) + content[at + 1 :]
        reading.damaged(case, {**case.files(), part: flipped})


@cases()
def test_damaged_files_come_out_the_same_in_chunks_of_any_size(case: ReaderCase, reading: Reading) -> None:
    content = case.files()["main"]
    for at in range(len(content) // 2, len(content), 3):
        if not content[at]:
            continue  # it would be the good file
        files = {**case.files(), "main": content[:at] + b"\0" + content[at + 1 :]}
        whole, pieces = reading.damaged(case, files), reading.damaged(case, files, chunk_records=1)
        assert whole == pieces, f"byte {at}"


@cases(wrong_page=True)
def test_the_wrong_page_invents_no_letters(case: ReaderCase, reading: Reading) -> None:
    right, result = reading.good(case), reading.damaged(case, case.files(), page=case.wrong_page)
    assert result is not None and result.records is not None and right.records is not None
    assert result.records.num_rows == case.records
    first, expected = result.records.slice(0, 1).to_pylist()[0], right.records.slice(0, 1).to_pylist()[0]
    assert any(first[name] != expected[name] for name in case.columns)
    assert not any("\ufffd" in str(value) for row in result.records.to_pylist() for value in row.values())


@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in CASES if each.wrong_page == "ascii"])
def test_bytes_without_a_letter_are_issues(case: ReaderCase, reading: Reading) -> None:
    result = reading.good(case, page="ascii")
    assert result.issues is not None and result.issues.num_rows
    assert set(result.issues.column("reason").to_pylist()) == {"undecodable_byte"}


@cases()
def test_an_empty_file_is_a_coded_error_or_has_columns(case: ReaderCase, reading: Reading) -> None:
    result = reading.damaged(case, dict.fromkeys(case.files(), b""))
    assert (result is not None) == case.takes_empty
    if result is not None:
        assert result.records is not None and result.records.num_rows == 0
        assert result.records.schema.names == [*case.columns, *PLACE]


# -- a file that changes while it is read -----------------------------------------------------------------------------


def interrupted(case: ReaderCase, reading: Reading, *, change: Callable[[bytes], bytes]) -> Outcome | None:
    """Reads a chunk, changes every file on disk, reads on; None where the reader noticed.

    A reader may be in the middle of the next chunks meanwhile. So the files are written over as they lie: emptied
    first, as `write_bytes` does, a file would for a moment be shorter, and a memo file was read in just that moment.
    """
    opened = opening(case, reading.folder, case.files(), chunk_records=1, window_bytes=16)
    chunks = case.read(opened)
    taken: list[RawChunk] = [next(chunks)]
    for part, path in opened.paths.items():
        with path.open("r+b") as file:
            file.write(change(case.files()[part]))
            file.truncate()
    try:
        taken += chunks
    except (RetriableError, BadData):
        return None
    return outcome(taken, opened)


@cases()
def test_what_is_written_behind_the_end_is_not_read(case: ReaderCase, reading: Reading) -> None:
    result = interrupted(case, reading, change=lambda content: content + content[-40:])
    assert result is not None and result.tables == reading.good(case).tables
    check_conservation(result)


@pytest.mark.parametrize("kept", [0, 1, 20, -1])
@cases()
def test_a_file_that_becomes_shorter_is_noticed_or_was_read(case: ReaderCase, reading: Reading, kept: int) -> None:
    result = interrupted(case, reading, change=lambda content: content[:kept])
    assert result is None or result.tables == reading.good(case).tables


# -- budgets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "budget",
    [
        pytest.param({"max_records": 2}, id="records"),
        pytest.param({"max_field_chars": 1}, id="field"),
    ],
)
@cases()
def test_budgets_fail_closed(case: ReaderCase, reading: Reading, budget: dict[str, int]) -> None:
    limits = {"max_records": case.records - 1} if "max_records" in budget else budget
    with pytest.raises(BudgetExceeded, match=rf"{case.name}.*\d+"):
        reading.good(case, budgets=Budgets(**limits))


@cases()
def test_a_record_over_its_budget_is_never_held(case: ReaderCase, reading: Reading) -> None:
    if not case.long_record:
        with pytest.raises(BudgetExceeded, match=rf"{case.name}.*\d+"):
            reading.good(case, budgets=Budgets(max_record_bytes=3))
        return
    result = reading.good(case, budgets=Budgets(max_record_bytes=3))
    check_conservation(result)
    assert result.quarantine is not None and result.ledgers["main"].delivered_records == 0
    assert result.quarantine.column("reason").to_pylist() == [case.long_record] * case.records


@cases(huge=True)
def test_a_huge_field_is_refused(case: ReaderCase, reading: Reading) -> None:
    assert case.huge is not None
    with pytest.raises(BudgetExceeded, match=rf"{case.name}"):
        reading.good(case, case.huge())


# -- as a delivery ----------------------------------------------------------------------------------------------------


@cases(kind=True)
def test_a_delivery_with_the_right_totals(case: ReaderCase, deliver: Callable[..., Any]) -> None:
    assert len(deliver(case).rows) == case.records


@pytest.mark.parametrize("off_by", [-1, 1])
@cases(kind=True)
def test_a_count_off_by_one_takes_nothing(case: ReaderCase, deliver: Callable[..., Any], off_by: int) -> None:
    with pytest.raises(ControlTotalsDiffer) as caught:
        deliver(case, records=case.records + off_by)
    assert "Świątek" not in str(caught.value)


@cases(kind=True)
def test_a_file_over_its_budget_is_not_opened(case: ReaderCase, deliver: Callable[..., Any]) -> None:
    with pytest.raises(BudgetExceeded, match="at most 10 are allowed"):
        deliver(case, budgets=Budgets(max_file_bytes=10))


@cases(kind=True)
def test_columns_keep_their_contract(case: ReaderCase, reading: Reading) -> None:
    assert case.kind is not None
    result = reading.good(case)
    assert result.records is not None
    check_contract(result.records.schema, case.kind)
    with pytest.raises(SourceContractBroken, match=rf"{case.columns[0]}.*is gone"):
        check_contract(result.records.schema.remove(0), case.kind)


@cases(drifted=True)
def test_a_column_of_another_name_breaks_the_contract(case: ReaderCase, reading: Reading) -> None:
    assert case.kind is not None and case.drifted is not None
    result = reading.good(case, case.drifted())
    assert result.records is not None and result.records.num_rows == case.records
    with pytest.raises(SourceContractBroken, match=r"is new[\s\S]*zt\.yml"):
        check_contract(result.records.schema, case.kind)
