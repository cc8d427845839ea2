"""A good delivery of each kind, as its YAML says; what holds for every format is in ``contract/``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config.errors import BadData, BlekitError, BudgetExceeded, ControlTotalsDiffer
from config.kinds import Budgets


def test_a_good_delivery_is_delivered_whole(sample: Any, read: Callable[..., Any]) -> None:
    result = read(sample)
    assert len(result.rows) == sample.control["records"]
    assert result.quarantine == [] and result.issues == []
    assert all(account.is_balanced for account in result.accounts)


def test_polish_letters_survive_and_nothing_stored_is_null(sample: Any, read: Callable[..., Any]) -> None:
    cells = list(read(sample).rows[0].values())
    assert any("Święcicka" in str(cell) for cell in cells)
    assert None in cells and "" not in cells and "nan" not in cells


def test_every_cut_is_a_coded_error_about_the_data(sample: Any, read: Callable[..., Any]) -> None:
    content = sample.files[sample.main]
    for length in range(0, len(content), max(1, len(content) // 31)):
        try:
            read(sample.with_main(content[:length]))
        except BlekitError as exc:
            assert isinstance(exc, BadData), f"cut at {length}: {exc!r}"


def test_messages_hold_no_values(sample: Any, read: Callable[..., Any]) -> None:
    wrong = type(sample)(sample.kind, sample.files, {"records": 99})
    with pytest.raises(ControlTotalsDiffer) as caught:
        read(wrong)
    assert "Święcicka" not in str(caught.value) and "hint" not in str(caught.value)


def test_a_line_that_never_ends_is_refused(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a3_sample().with_kind(budgets=Budgets(max_record_bytes=1000))
    with pytest.raises(BudgetExceeded, match="more than 1000 bytes"):
        read(sample.with_main(b"x" * 12_000_000))


def test_a_whole_file_in_the_other_code_page_is_noticed(make: Any, read: Callable[..., Any]) -> None:
    line = make.unload_line("1", "F", "Wąsik", "Świętosława").encode("cp1250")
    result = read(type(make.a3_sample())(make.a3_sample().kind, {"klient.unl": line * 3}, {"records": 3}))
    assert result.column("_code_page") == ["cp1250"] * 3
    assert result.column("nazwa") == ["Wąsik"] * 3
