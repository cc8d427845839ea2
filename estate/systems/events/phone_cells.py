"""Telephones as clerks of a point type them."""

from __future__ import annotations

import numpy as np

from estate.draw import Ints, chance
from estate.systems.events.model import Telling
from estate.writing import luck_of, phone_text

_WIDTH = 20


def phone_cells(telling: Telling, numbers: Ints, *, local: float) -> tuple[list[str | None], Ints]:
    """Each number in one of the layouts of the time, and which are not just nine digits (F18).

    Args:
        telling: the point, whose own area code goes without saying.
        numbers: nine digits, 0 where there is none.
        local: share of the numbers of its own area that are written without area code.
    """
    luck = luck_of(telling.draw, len(numbers))
    is_own = numbers // 10**7 == int(telling.source.point.area_code)
    is_local = is_own & chance(telling.draw, len(numbers), local)
    cells = [
        phone_text(str(number), at, width=_WIDTH, is_local=here) if number else None
        for number, at, here in zip(numbers.tolist(), luck, is_local.tolist(), strict=True)
    ]
    odd = [at for at, cell in enumerate(cells) if cell and not (cell.isdigit() and len(cell) == 9)]
    return cells, np.array(odd, dtype=np.int64)
