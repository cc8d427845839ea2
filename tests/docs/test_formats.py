"""The page of formats names every format and option the readers know, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.readers import FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")


def _told() -> Iterator[tuple[str, str]]:
    """Format and what its section says."""
    for section in PAGE.split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        for name in re.findall(r"`(\w+)`", heading):
            yield name, text


def _options(name: str, text: str) -> Iterator[str]:
    """Options in the first column of a format's table; a table of two formats names the format before them."""
    of = name
    for cells in re.findall(r"^\|(.*)\|$", text.replace("\\|", ""), re.MULTILINE):
        first, *others = (cell.strip() for cell in cells.split("|"))
        if len(others) == 2:
            of = first.strip("`") or of
            first = others[0]
        if of == name:
            yield from re.findall(r"`([^`]+)`", first)


def test_every_format_has_its_section() -> None:
    assert sorted(name for name, _ in _told()) == sorted(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_its_options_are_those_of_the_reader(name: str) -> None:
    text = dict(_told())[name]
    assert sorted(_options(name, text)) == sorted(FORMATS[name].options)
