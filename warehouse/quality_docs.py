"""Data Docs that open without a network: Great Expectations' pages, minus what they fetch from elsewhere."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Protocol

# The pages load styles, scripts and pictures from five public servers: a reader's browser would tell them which unit
# is looked at, and without a network the pages hang.
_REMOTE = re.compile(
    r"<script\b[^>]*\bsrc=[^>]*>\s*</script>|<link\b[^>]*>|<img\b[^>]*>",
    re.IGNORECASE,
)
_STYLE = (
    "<style>body{font-family:sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse}"
    "td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}.failed{color:#a00;font-weight:bold}</style>"
)


class Verdict(Protocol):
    """One expectation's result, as the index shows it."""

    @property
    def name(self) -> str:
        """Name of the expectation."""

    @property
    def layer(self) -> str:
        """Layer it stands in."""

    @property
    def success(self) -> bool:
        """Whether it held."""


def offline_page(page: str) -> str:
    """The same page without anything remote, with a little style of our own."""
    return _REMOTE.sub("", page).replace("</head>", f"{_STYLE}</head>", 1)


def index_page(unit: str, results: Iterable[Verdict]) -> str:
    """A page that lists every expectation of a unit and leads to its layer."""
    rows = "".join(
        f'<tr><td><a href="{html.escape(result.layer)}.html">{html.escape(result.layer)}</a></td>'
        f"<td>{html.escape(result.name)}</td>"
        + ("<td>held</td></tr>" if result.success else '<td class="failed">failed</td></tr>')
        for result in results
    )
    title = f"Data quality of unit {html.escape(unit)}"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{_STYLE}</head>'
        f"<body><h1>{title}</h1><table><tr><th>layer</th><th>expectation</th><th>result</th></tr>{rows}</table>"
        "</body></html>"
    )
