"""Options a YAML misspells: refused by name, before a byte of a file is read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from config.errors import ConfigurationError
from connectors.readers import FORMATS

COLUMNS = {"columns": "NR NAZWISKO"}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        pytest.param("informix_unload", {}, "options.columns: missing", id="no columns"),
        pytest.param(
            "informix_unload", {**COLUMNS, "delimiter": "||"}, r"options.delimiter: '\|\|'", id="two characters"
        ),
        pytest.param("informix_unload", {**COLUMNS, "delimiter": "ż"}, "options.delimiter", id="no ASCII"),
        pytest.param("informix_unload", {**COLUMNS, "delimiter": "\\"}, "options.delimiter", id="the escape"),
        pytest.param("oracle_spool", {"delimiter": ""}, "options.delimiter", id="nothing between fields"),
        pytest.param("oracle_spool", {"linesize": "wide"}, "options.linesize: 'wide' is no number from 0", id="words"),
        pytest.param("xls", {"header_row": 0}, "options.header_row: '0' is no number from 1", id="row 0"),
        pytest.param("xml_records", {}, "options.record: missing", id="no record"),
        pytest.param("delimited", {"header": False}, "options.columns", id="neither heading nor names"),
    ],
)
def test_it_is_refused_by_name(name: str, options: Mapping[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"kind crm: {message}"):
        FORMATS[name].form(options, kind="crm", pages=("cp1250",), required=())
