"""Structure-aware damage: files are taken apart into tokens, some are spoilt, and the file is put together again.

Blind damage dies in the header. Tokens (a header field, a length word, a field of a record, a delimiter) have weights,
and putting together may repair lengths and counts, so that most spoilt files still reach the records.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.connectors.contract.case import Files


class Token(NamedTuple):
    """A piece of a file that means something."""

    content: bytes
    weight: int = 20
    """How often it is spoilt, beside the others: 1 for what must survive if records are to be reached."""
    is_sized: bool = False
    """Whether it keeps its length: only its bytes are spoilt."""


Mutator = Callable[[random.Random, Files], Files]
BYTES = (0x00, 0x0A, 0x0D, 0x1A, 0x20, 0x22, 0x2A, 0x2D, 0x2E, 0x30, 0x39, 0x40, 0x5C, 0x7F, 0x80, 0xA3, 0xC3, 0xFF)
"""Bytes some format gives a meaning to."""
TEXTS = (
    b"",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"00000000",
    b"20030230",
    b"1e309",
    b"\xc5\x81",
    b"\0" * 9,
    b"*" * 8,
)


def flip(chance: random.Random, content: bytes) -> bytes:
    """One bit of one byte."""
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]


def overwrite(chance: random.Random, content: bytes) -> bytes:
    """One byte becomes one that may mean something."""
    at = chance.randrange(len(content))
    return content[:at] + bytes([chance.choice((*BYTES, chance.randrange(256)))]) + content[at + 1 :]


def fill(chance: random.Random, content: bytes) -> bytes:
    """All bytes become the same one."""
    return bytes([chance.choice(BYTES)]) * len(content)


def patch(chance: random.Random, content: bytes) -> bytes:
    """A text that means something, in the same room."""
    return chance.choice(TEXTS).ljust(len(content), chance.choice((b" ", b"\0")))[: len(content)]


def insert(chance: random.Random, content: bytes) -> bytes:
    """Something more in the middle."""
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice((*TEXTS, bytes([chance.choice(BYTES)]))) + content[at:]


def cut(chance: random.Random, content: bytes) -> bytes:
    """Something less at the end."""
    return content[: chance.randrange(len(content))]


def double(_: random.Random, content: bytes) -> bytes:
    """The same twice."""
    return content * 2


SIZED = (flip, overwrite, fill, patch)
FREE = (*SIZED, insert, cut, double)


def structured(
    split: Callable[[bytes], Sequence[Token]],
    *,
    join: Callable[[random.Random, list[bytes]], bytes] | None = None,
    part: str = "main",
) -> Mutator:
    """A mutator of one part of a delivery.

    Args:
        split: takes a valid file apart; the tokens joined are the file.
        join: puts tokens together again and may repair what tells lengths; plain joining by default.
        part: which file of the delivery.
    """

    def mutate(chance: random.Random, files: Files) -> Files:
        tokens = list(split(files[part]))
        pieces = [token.content for token in tokens]
        weights = [token.weight if token.content else 0 for token in tokens]
        for at in chance.choices(range(len(tokens)), weights=weights, k=chance.choice((1, 1, 1, 2, 3, 5))):
            if pieces[at]:
                pieces[at] = chance.choice(SIZED if tokens[at].is_sized else FREE)(chance, pieces[at])
        content = join(chance, pieces) if join else b"".join(pieces)
        # A transfer that ends early, or goes on behind the end, is the commonest damage there is.
        if chance.random() < 0.05:
            content = cut(chance, content) if content else content
        elif chance.random() < 0.05:
            content += chance.choice((b"\x1a", b"\0" * 7, b" ", content[-9:]))
        return {**files, part: content}

    return mutate


def one_of(*mutators: Mutator) -> Mutator:
    """One of several, as likely as each other."""
    return lambda chance, files: chance.choice(mutators)(chance, files)


def split_lines(delimiter: bytes, *, first_weight: int = 20) -> Callable[[bytes], list[Token]]:
    """Fields, delimiters and line ends of a delimited text; the first line is a heading where its weight is low."""

    def split(content: bytes) -> list[Token]:
        tokens: list[Token] = []
        for number, line in enumerate(content.splitlines(keepends=True)):
            weight = 20 if number else first_weight
            body = line.rstrip(b"\r\n")
            for at, value in enumerate(body.split(delimiter)):
                tokens += [Token(delimiter, min(weight, 3))] if at else []
                tokens.append(Token(value, weight))
            tokens.append(Token(line[len(body) :], min(weight, 3)))
        return tokens

    return split


def split_fixed(widths: Sequence[int], *, header: int = 0, trailer: int = 0) -> Callable[[bytes], list[Token]]:
    """Fields of records of one length, behind a header and before a trailer of so many bytes."""

    def split(content: bytes) -> list[Token]:
        tokens = [Token(content[:header], 1, is_sized=True)] if header else []
        position, end = header, len(content) - trailer
        while position < end:
            for width in widths:
                tokens.append(Token(content[position : position + width], is_sized=True))
                position += width
        return [*tokens, Token(content[end:], 1)] if trailer else tokens

    return split
