"""Which statement a token belongs to, and whether the statement adds up.

The file is walked twice: first to prove every statement, then to hand out its entries. So a statement of a million
entries is judged by its closing balance without being held in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from config.errors import BudgetExceeded
from connectors.model import Ledger
from connectors.mt940.fields import Balance, Cell, first_cell, parse_amount, parse_balance
from connectors.mt940.tokens import BLOCK, END, LOOSE, Token

Role = Literal["head", "entry", "details", "tail", "between"]


@dataclass
class Walker:
    """Gives every token its place; the same tokens always get the same places."""

    statement: int = -1
    """Number of the statement the last token belongs to, from 0; of the last one, between statements."""
    _is_open: bool = False
    _seen: set[str] = field(default_factory=set)
    _role: Role = "between"

    def place(self, token: Token) -> Role:
        """What the token is in its statement."""
        number = token.number
        if number in (BLOCK, END, LOOSE):
            self._is_open = False
            self._role = "between"
            return self._role
        if self._begins(number):
            self.statement += 1
            self._is_open = True
            self._seen = set()
            self._role = "head"
        self._seen.add(number)
        self._role = self._role_of(number)
        return self._role

    def _begins(self, number: str) -> bool:
        if not self._is_open or number == "20":
            return True
        # The line that should have parted two statements is lost: neither may pass for the other's.
        is_again = number in ("25", "28", "60") and number in self._seen
        return is_again or ("62" in self._seen and number in ("25", "28", "60", "61"))

    def _role_of(self, number: str) -> Role:
        if number == "61":
            return "entry"
        if number in ("86", "NS"):
            return "details" if self._role in ("entry", "details") else self._role
        return "tail" if "62" in self._seen else "head"


@dataclass
class Statement:
    """One message, and what the statement it is part of amounts to."""

    offset: int
    reference: Cell = (b"", 0)
    account: Cell = (b"", 0)
    number: Cell = (b"", 0)
    opening: Balance | None = None
    closing: Balance | None = None
    entries: int = 0
    first_entry: int = 0
    """Entries of the same statement in messages before this one."""
    is_continued: bool = False
    """Whether a message before this one belongs to the same statement."""
    total: Decimal = Decimal(0)
    trouble: str = ""
    """Why its fields cannot be trusted; empty while they can."""
    reason: str = ""
    """Why it is quarantined; empty where it is delivered."""
    detail: str = ""

    def take(self, token: Token, *, role: Role) -> None:
        """Takes note of a field."""
        if role == "entry":
            self._take_entry(token)
        elif token.number in ("60", "62"):
            self._take_balance(token)
        elif token.number == "20":
            self.reference = first_cell(token)
        elif token.number == "25":
            self.account = first_cell(token)
        elif token.number == "28":
            self.number = first_cell(token)

    def _take_entry(self, token: Token) -> None:
        self.entries += 1
        amount = parse_amount(token)
        if amount is None:
            self.trouble = self.trouble or f"the :61: at byte {token.offset} cannot be read"
        else:
            self.total += amount

    def _take_balance(self, token: Token) -> None:
        balance = parse_balance(token)
        if balance is None:
            self.trouble = self.trouble or f"the :{token.tag}: at byte {token.offset} cannot be read"
        elif token.number == "60":
            self.opening = balance
        elif self.closing is not None:
            self.trouble = self.trouble or f"a second closing balance at byte {token.offset}"
        else:
            self.closing = balance

    def continues(self, before: Statement) -> bool:
        """Whether this message goes on with a statement that a message before it left without closing balance."""
        if before.closing is not None or self.opening is not None:
            return False
        return self.account[0] == before.account[0] and _statement_no(self) == _statement_no(before)


def _statement_no(statement: Statement) -> bytes:
    return statement.number[0].partition(b"/")[0]


def prove_statements(tokens: Iterable[Token], *, ledger: Ledger) -> list[Statement]:
    """All statements of a file in order, each with its verdict.

    Raises:
        BudgetExceeded: there are more statements than a file may have records.
    """
    walker = Walker()
    found: list[Statement] = []
    for token in tokens:
        role = walker.place(token)
        if role == "between":
            continue
        if walker.statement == len(found):
            if len(found) >= ledger.budgets.max_records:
                raise BudgetExceeded(
                    f"{ledger.file}: byte {token.offset}: more than {ledger.budgets.max_records} statements",
                    hint="Raise budgets.max_records in the kind's YAML if this is right",
                )
            found.append(Statement(token.offset))
        if role != "details":
            found[-1].take(token, role=role)
    first = 0
    while first < len(found):
        last = first + 1
        while last < len(found) and found[last].continues(found[last - 1]):
            last += 1
        _judge(found[first:last])
        first = last
    _warn_of_gaps(found, ledger=ledger)
    return found


def _judge(messages: Sequence[Statement]) -> None:
    """Gives the messages of one statement their common balances and their verdict."""
    opening, closing = messages[0].opening, messages[-1].closing
    reason, detail = _verdict(messages, opening=opening, closing=closing)
    before = 0
    for message in messages:
        message.opening, message.closing = opening, closing
        message.first_entry, message.is_continued = before, message is not messages[0]
        before += message.entries
        message.reason, message.detail = reason, f"statement at byte {messages[0].offset}: {detail}"


def _verdict(messages: Sequence[Statement], *, opening: Balance | None, closing: Balance | None) -> tuple[str, str]:
    trouble = next((message.trouble for message in messages if message.trouble), "")
    if trouble:
        return "statement_incomplete", trouble
    if opening is None or closing is None:
        return "statement_incomplete", f"no {'opening' if opening is None else 'closing'} balance"
    entries = sum(message.entries for message in messages)
    if opening.currency != closing.currency:
        return "statement_balance", "its balances are in two currencies"
    if opening.amount + sum(message.total for message in messages) != closing.amount:
        return "statement_balance", f"opening balance and {entries} entries do not make the closing balance"
    return "", ""


def _warn_of_gaps(statements: Sequence[Statement], *, ledger: Ledger) -> None:
    """Proven statements that do not begin where the one of the same account before them ended."""
    closings: dict[tuple[bytes, str], Decimal] = {}
    gaps: list[int] = []
    for statement in statements:
        opening, closing = statement.opening, statement.closing
        if opening is None or closing is None or statement.is_continued:
            continue
        key = (statement.account[0], opening.currency)
        if key in closings and closings[key] != opening.amount:
            gaps.append(statement.offset)
        closings[key] = closing.amount
    if gaps:
        ledger.warn(
            f"{ledger.file}: byte {gaps[0]}: {len(gaps)} statement(s) do not begin with the balance the one before "
            "ended with: one is missing, repeated or out of order"
        )
