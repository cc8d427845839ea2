"""Payments of invoices: transfers through Elixir or on the statements of a bank, and postal orders."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Flags, Ints
from estate.life.events import Events

ELIXIR, MT940, POSTAL = range(3)
WAYS = ("elixir", "mt940", "postal")
FULL, PARTIAL, OVER, DOUBLE, RETURNED, UNKNOWN = range(6)
KINDS = ("full", "partial", "over", "double", "returned", "unknown")
"""``returned`` is taken back later by the bank (``RC``); ``unknown`` belongs to no invoice at all."""
TITLES = ("account", "phone", "invoice", "name only", "nothing")


@dataclass(frozen=True)
class Payments(Events):
    """Payments; source is ``ztNN-payments`` before the cutover, ``zt99-payments`` after it.

    ``party`` is the subscriber whose account was meant; NONE for payments that belong to nobody.
    """

    invoice: Ints
    """Row of the invoice, NONE where it is unknown."""
    payer: Ints
    """Row of the book of who paid: the party itself, a relative, a stranger's row; NONE where it is unknown."""
    way: Ints
    kind: Ints
    amount_grosze: Ints
    """Always positive."""
    title: Ints
    """One of TITLES: what the free text of the transfer holds."""
    old_form: Flags
    """The account is written as before NRB."""
    branch: Ints
    """Number of the paying bank unit or post office, for those who have to name one."""
