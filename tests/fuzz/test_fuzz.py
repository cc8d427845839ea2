"""A short run of ``make fuzz``: 2 000 spoilt files of each format."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.errors import BadData
from connectors.model import RawChunk
from tests.connectors.contract.case import Opening, ReaderCase
from tests.connectors.contract.cases import CASES
from tests.fuzz.attempts import Tally, arm, attempt, spoilt
from tests.fuzz.run import complaints, fuzz, nothing_to_collect

_MUTATIONS = 2000


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_spoilt_files_break_no_promise(case: ReaderCase) -> None:
    tally = fuzz(case, range(_MUTATIONS), seed=0)
    assert tally.mutations == _MUTATIONS
    assert not list(complaints({case.name: tally}))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_a_number_makes_the_same_file_again(case: ReaderCase) -> None:
    assert spoilt(case, seed=3, number=14) == spoilt(case, seed=3, number=14)


def _unfinished(opened: Opening) -> Iterator[RawChunk]:
    while True:
        pass


def _wrong(opened: Opening) -> Iterator[RawChunk]:
    raise ValueError("nobody codes me")


def _coded(opened: Opening) -> Iterator[RawChunk]:
    raise BadData("x.main: byte 0: spoilt")


@pytest.mark.parametrize(
    ("read", "end", "failures"),
    [
        pytest.param(_unfinished, "hung", 1, id="a loop without end"),
        pytest.param(_wrong, "uncaught", 1, id="an exception of Python"),
        pytest.param(_coded, "BadData", 0, id="a coded error"),
    ],
)
def test_the_fuzzer_notices(tmp_path: Path, read: object, end: str, failures: int) -> None:
    case = ReaderCase("x", lambda: {"main": b"abc"}, read, (), 0, lambda _, files: files)  # type: ignore[arg-type]
    arm()
    tally = Tally()
    attempt(case, tmp_path, seed=0, number=0, tally=tally)
    assert (list(tally.ends), len(tally.failures)) == ([end], failures)


def test_what_other_tests_left_is_no_time_of_a_reader() -> None:
    """Once a run failed at a file that takes 3 ms: a collection of a million objects of others fell into it."""
    before = gc.get_freeze_count()
    with nothing_to_collect():
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == 0


def test_too_few_that_reach_the_records_are_a_complaint() -> None:
    assert list(complaints({"x": Tally(mutations=10, reached=4)}))
