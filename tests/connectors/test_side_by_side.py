"""Pieces decoded beside each other: the order of the file, whichever is done first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from connectors import side_by_side
from connectors.side_by_side import decoded_in_order


@pytest.fixture(params=[1, 2, 4])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    count = int(request.param)
    monkeypatch.setattr(side_by_side, "_threads", lambda: count)
    return count


@pytest.mark.parametrize("pieces", [0, 1, 2, 9], ids="{} pieces".format)
def test_pieces_come_in_the_order_of_the_file(threads: int, pieces: int) -> None:
    def decode(piece: int) -> int:
        time.sleep(0.01 if piece % 3 == 0 else 0)  # the first of three is done last
        return 10 * piece

    assert list(decoded_in_order(decode, range(pieces))) == [10 * piece for piece in range(pieces)]


def test_an_error_comes_when_its_piece_would(threads: int) -> None:
    def decode(piece: int) -> int:
        if piece == 3:
            raise ValueError("the fourth piece")
        return piece

    decoded = decoded_in_order(decode, range(9))
    assert [next(decoded) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the fourth piece"):
        next(decoded)


def test_pieces_are_fetched_by_the_caller_and_only_a_few_ahead(threads: int) -> None:
    fetched: list[int] = []

    def pieces() -> Iterator[int]:
        for piece in range(20):
            assert threading.current_thread() is threading.main_thread()
            fetched.append(piece)
            yield piece

    ahead = [len(fetched) - done for done, _ in enumerate(decoded_in_order(lambda piece: piece, pieces()), start=1)]
    assert max(ahead) <= threads
