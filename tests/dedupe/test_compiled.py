"""What was compiled is kept, and compiled anew when something it holds has changed."""

import importlib
import sys

import pytest

from dedupe import compiled
from dedupe.compiled import in_threads

HELD = """
from dedupe.compiled import compiled

HELD = {constant}

@compiled()
def held_number(number):
    return number * {factor}
"""
HOLDER = """
import held
from dedupe.compiled import compiled
from held import HELD, held_number

@compiled(held)
def answer(number):
    return held_number(number) + HELD
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What the function says in a new process with this in the module it holds, and whether it was kept."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "holder.py").write_text(HOLDER)

    def ask(*, constant, factor):
        (tmp_path / "held.py").write_text(HELD.format(constant=constant, factor=factor))
        for name in ("held", "holder"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        answer = importlib.import_module("holder").answer
        return answer(1), bool(answer.stats.cache_hits)

    yield ask
    for name in ("held", "holder"):
        sys.modules.pop(name, None)


def test_a_change_in_what_a_function_holds_is_seen(asked):
    assert asked(constant=10, factor=2) == (12, False)
    assert asked(constant=10, factor=2) == (12, True)
    assert asked(constant=300, factor=2) == (302, False)
    assert asked(constant=300, factor=45) == (345, False)


@pytest.mark.parametrize(
    ("writable", "kept"), [((), False), (("InUserFolder",), True)], ids=["nowhere", "user's folder"]
)
def test_where_nothing_can_be_written_it_still_runs(writable, kept, asked, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    for place in {"InNamedFolder", "BesideSource", "InUserFolder"}.difference(writable):
        monkeypatch.setattr(
            compiled, place, type(place, (), {"from_function": lambda *_: None, "__module__": compiled.__name__})
        )
    assert asked(constant=7, factor=1) == (8, False)
    assert asked(constant=7, factor=1) == (8, kept)
    assert bool(list(tmp_path.rglob("*.nbi"))) == kept


def test_results_come_in_order_whoever_is_first(monkeypatch):
    monkeypatch.setattr("dedupe.compiled.threads", lambda: 3)
    assert list(in_threads(lambda number: number**2, range(20))) == [number**2 for number in range(20)]
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda number: 1 // number, [1, 0]))
