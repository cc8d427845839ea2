"""What holds for every reader, whatever its format."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from config.errors import BadData, BlekitError, BudgetExceeded, ControlTotalsDiffer
from config.kinds import Budgets

PLACE = ["_record_no", "_offset", "_length", "_is_deleted", "_code_page"]


def check_conservation(result: Any) -> None:
    """Spans are disjoint, inside the file, and every byte is under one heading."""
    for account in result.accounts:
        assert account.is_balanced
    main = result.accounts[0]
    spans = [(row["_offset"], row["_length"]) for row in result.rows]
    spans += [(row["offset"], row["length"]) for row in result.quarantine]
    spans.sort()
    for (offset, length), (following, _) in itertools.pairwise(spans):
        assert offset + length <= following
    assert sum(length for _, length in spans) == main.records + main.quarantined
    assert all(offset >= 0 and offset + length <= main.size for offset, length in spans)


def test_a_good_delivery_is_delivered_whole(sample: Any, read: Callable[..., Any]) -> None:
    result = read(sample)
    assert len(result.rows) == sample.control["records"]
    assert result.quarantine == [] and result.issues == []
    check_conservation(result)


def test_columns_then_place(sample: Any, read: Callable[..., Any]) -> None:
    assert read(sample).columns[-5:] == PLACE


def test_polish_letters_survive(sample: Any, read: Callable[..., Any]) -> None:
    texts = [str(value) for value in read(sample).rows[0].values()]
    assert any("Święcicka" in text for text in texts)


def test_a_name_never_comes_out_empty_where_nothing_is_stored(sample: Any, read: Callable[..., Any]) -> None:
    cells = [value for row in read(sample).rows[:1] for value in row.values()]
    assert None in cells and "" not in cells and "nan" not in cells


@pytest.mark.parametrize("size", [1, 2])
def test_chunks_of_any_size_hold_the_same_rows(sample: Any, read: Callable[..., Any], size: int) -> None:
    assert read(sample, chunk_records=size).rows == read(sample).rows


def test_records_lie_where_they_say(sample: Any, read: Callable[..., Any]) -> None:
    result = read(sample)
    assert [row["_record_no"] for row in result.rows] == list(range(len(result.rows)))
    assert [row["_offset"] for row in result.rows] == sorted(row["_offset"] for row in result.rows)


def test_every_cut_is_a_coded_error_or_a_balanced_quarantine(sample: Any, read: Callable[..., Any]) -> None:
    content = sample.files[sample.main]
    for length in range(0, len(content), max(1, len(content) // 31)):
        try:
            result = read(sample.with_main(content[:length]))
        except BlekitError as exc:
            assert isinstance(exc, BadData), f"cut at {length}: {exc!r}"
        else:
            check_conservation(result)


def test_every_cut_without_counts_conserves_bytes(sample: Any, read: Callable[..., Any]) -> None:
    content = sample.files[sample.main]
    uncounted = type(sample)(sample.kind, sample.files, {})
    for length in range(1, len(content), max(1, len(content) // 23)):
        try:
            result = read(uncounted.with_main(content[:length]))
        except BadData:
            continue
        check_conservation(result)


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bytes_never_crash_a_reader(sample: Any, read: Callable[..., Any], seed: int) -> None:
    chance = random.Random(seed)
    content = sample.files[sample.main]
    uncounted = type(sample)(sample.kind, sample.files, {})
    for _ in range(20):
        flipped = bytearray(content)
        for _ in range(chance.choice((1, 1, 3))):
            flipped[chance.randrange(len(flipped))] = chance.choice((0, 0x1A, 0x20, 0x40, 0xFF, chance.randrange(256)))
        try:
            result = read(uncounted.with_main(bytes(flipped)))
        except BadData:
            continue
        check_conservation(result)


def test_flipped_bytes_in_a_memo_never_crash(make: Any, read: Callable[..., Any]) -> None:
    chance = random.Random(7)
    for sample in (make.a2m_sample(), make.a2d_sample()):
        name = sample.kind.files["memo"]
        for _ in range(20):
            flipped = bytearray(sample.files[name])
            flipped[chance.randrange(len(flipped))] = chance.randrange(256)
            result = read(type(sample)(sample.kind, {**sample.files, name: bytes(flipped)}, sample.control))
            check_conservation(result)


@pytest.mark.parametrize("off_by", [-1, 1])
def test_a_count_off_by_one_takes_nothing(sample: Any, read: Callable[..., Any], off_by: int) -> None:
    wrong = type(sample)(sample.kind, sample.files, {"records": sample.control["records"] + off_by})
    with pytest.raises(ControlTotalsDiffer):
        read(wrong)


def test_an_empty_file_has_no_records(sample: Any, read: Callable[..., Any]) -> None:
    empty = sample.with_main(b"")
    if sample.kind.format == "informix_unload":
        with pytest.raises(ControlTotalsDiffer):
            read(empty)
    else:
        with pytest.raises(BadData, match="byte 0"):
            read(empty)


@pytest.mark.parametrize(
    "budgets",
    [
        pytest.param({"max_file_bytes": 10}, id="bytes"),
        pytest.param({"max_records": 2}, id="records"),
        pytest.param({"max_field_chars": 3}, id="field"),
    ],
)
def test_budgets_fail_closed(sample: Any, read: Callable[..., Any], budgets: dict[str, int]) -> None:
    if "max_records" in budgets:
        budgets = {"max_records": sample.control["records"] - 1}
    with pytest.raises(BudgetExceeded, match=r"\d+"):
        read(sample.with_kind(budgets=Budgets(**budgets)))


def test_a_huge_field_is_refused(make: Any, read: Callable[..., Any]) -> None:
    line = make.unload_line("1", "F", "x" * 70_000)
    with pytest.raises(BudgetExceeded, match="column nazwa"):
        read(make.a3_sample().with_main(line.encode()))


def test_a_line_that_never_ends_is_refused(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a3_sample().with_kind(budgets=Budgets(max_record_bytes=1000))
    with pytest.raises(BudgetExceeded, match="more than 1000 bytes"):
        read(sample.with_main(b"x" * 12_000_000))


def test_messages_hold_no_values(sample: Any, read: Callable[..., Any]) -> None:
    wrong = type(sample)(sample.kind, sample.files, {"records": 99})
    with pytest.raises(ControlTotalsDiffer) as caught:
        read(wrong)
    assert "Święcicka" not in str(caught.value) and "hint" not in str(caught.value)


def test_a_whole_file_in_the_other_code_page_is_noticed(make: Any, read: Callable[..., Any]) -> None:
    line = make.unload_line("1", "F", "Wąsik", "Świętosława").encode("cp1250")
    result = read(type(make.a3_sample())(make.a3_sample().kind, {"klient.unl": line * 3}, {"records": 3}))
    assert result.column("_code_page") == ["cp1250"] * 3
    assert result.column("nazwa") == ["Wąsik"] * 3
