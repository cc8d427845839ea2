"""The table of formats: the contract suite and ``make fuzz`` do the same with each.

A new format needs one entry here. Write a ``small_xxx.py`` beside this module with a :class:`ReaderCase`::

    ReaderCase(
        name="mt940",
        files=lambda: {"main": STATEMENT.encode("cp852")},          # a few hundred bytes, valid, with a Polish letter
        read=plain(read_mt940, lambda page: Mt940Format(pages=(page,))),
        columns=("account", "amount", "details"),                     # as the reader names them, in order
        records=3,
        mutate=structured(split_lines(b":")),                         # mutations.py: split into tokens, spoil some
        page="cp852",
        wrong_page="ascii",
    )

and add it to :data:`CASES`. With ``kind=small_kind("mt940", …)`` the suite also reads it through ``read_delivery``
(control totals, budget of the file, contract of columns); ``drifted`` and ``huge`` add what their docstrings say.
What holds for some formats only is told by the case and not left out for all: ``takes_empty``, ``long_record``.
A delivery of many files has a part for each (``small_scans.py``).
"""

from __future__ import annotations

from tests.connectors.contract.case import ReaderCase
from tests.connectors.contract.small_dbf import DBF_CASES
from tests.connectors.contract.small_documents import DOCUMENT_CASES
from tests.connectors.contract.small_ebcdic import EBCDIC_CASES
from tests.connectors.contract.small_lines import LINE_CASES
from tests.connectors.contract.small_machines import MACHINE_CASES
from tests.connectors.contract.small_payments import PAYMENT_CASES
from tests.connectors.contract.small_scans import SCAN_CASES
from tests.connectors.contract.small_sheets import SHEET_CASES
from tests.connectors.contract.small_texts import TEXT_CASES

CASES: tuple[ReaderCase, ...] = (
    *DBF_CASES,
    *EBCDIC_CASES,
    *LINE_CASES,
    *TEXT_CASES,
    *PAYMENT_CASES,
    *MACHINE_CASES,
    *DOCUMENT_CASES,
    *SHEET_CASES,
    *SCAN_CASES,
)


def case_named(name: str) -> ReaderCase:
    """The case of that name.

    Raises:
        KeyError: there is none.
    """
    return {case.name: case for case in CASES}[name]
