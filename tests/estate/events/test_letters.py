"""Scanned letters read by plain readers, against what was posted."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image

from config.units import collection_points
from estate.life.events import ACCOUNT, NEW_ACCOUNT
from estate.rates import load_rates

CLEAN = {"misread": 0.0, "f03": 0.0, "f10": 0.0, "f11_missing": 0.0, "f11_cut": 0.0, "lost_text": 0.0, "f13": 0.0}


def told(tell, number: int = 8, **shares: float):
    rates = load_rates()
    letters = rates.letters.model_copy(update=CLEAN | {"f15": 0.0} | shares)
    telling, written = tell("zt99-skany", number, rates=rates.model_copy(update={"letters": letters}))
    files = dict(written.files)
    index = list(csv.DictReader(io.StringIO(files["INDEKS.CSV"].decode("cp1250")), delimiter=";"))
    return telling, written, files, index


def test_the_index_counts_the_pages_there_are(tell):
    telling, _, files, index = told(tell)
    letters, rows = telling.life.letters, telling.rows["letters"]
    pages = []
    for line in index:
        with Image.open(io.BytesIO(files[line["TIFF"]])) as image:
            assert image.info["compression"] == "group4"
            pages.append(image.n_frames)
    assert pages == [int(line["STRON"]) for line in index] == letters.pages[rows].tolist()


def test_a_slip_names_the_customer_and_the_text_of_other_letters_may(tell):
    telling, _, files, index = told(tell)
    letters, rows, book = telling.life.letters, telling.rows["letters"], telling.life.book
    points = [point.code[2:] for point in collection_points()]
    for line, row in zip(index, rows.tolist(), strict=True):
        party, named = letters.party[row], letters.named_by[row]
        has_slip = named == NEW_ACCOUNT and letters.barcode[row] > 0
        assert bool(line["KLIENT"]) == has_slip
        assert bool(line["TEKST"]) != has_slip
        if has_slip:
            assert line["KLIENT"][:11] == f"{points[book.point[party]]}{book.account[party]:0>9}"
        elif named == ACCOUNT:
            assert book.account[party] in files[line["TEKST"]].decode("cp1250")


def test_misread_letters_look_like_what_they_were(tell):
    _, _, clean, index = told(tell)
    _, _, noisy, _ = told(tell, misread=0.05)
    names = [line["TEKST"] for line in index if line["TEKST"]]
    before = np.frombuffer(b"".join(clean[name] for name in names), dtype=np.uint8)
    after = np.frombuffer(b"".join(noisy[name] for name in names), dtype=np.uint8)
    assert len(before) == len(after)
    changed = before != after
    assert 0 < changed.mean() < 0.05
    assert set(before[changed].tobytes()) <= set(b"l1IO0Oo5SB8\xb3\xbf\xb9\xea\xf3")


@pytest.mark.parametrize(
    ("share", "code"),
    [("f10", "F10"), ("f11_missing", "F11"), ("f11_cut", "F11"), ("lost_text", "F11"), ("f13", "F13"), ("f15", "F15")],
)
def test_every_fault_is_known(tell, share, code):
    telling, written, files, _ = told(tell, **{share: 0.4})
    found = {name: set(places.tolist()) for name, places in written.defects}
    assert found.pop(code)
    assert not any(found.values())
    lost = 2 * len(telling.rows["letters"]) + 1 - len(files)
    assert lost > 0


def test_a_letter_is_told_again_once_it_is_routed(tell):
    routed_later = []
    for number in range(4, 8):
        telling, _, _, index = told(tell, number)
        routed_later += [line for line in index if not line["PRZEKAZANO"]]
        minute = telling.life.letters.minute[telling.rows["letters"]]
        again = minute < telling.period.since
        assert all(line["PRZEKAZANO"] for line, is_again in zip(index, again.tolist(), strict=True) if is_again)
    assert len({(line["PACZKA"], line["NR"]) for line in routed_later}) == len(routed_later)
