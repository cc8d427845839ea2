"""SWIFT MT940 account statements.

``:20:`` … ``:25:`` account ``:28C:`` number ``:60F:`` opening balance, one ``:61:`` with its ``:86:`` text per entry,
``:62F:`` closing balance, between ``{1:}{2:}{4:`` and ``-}`` or without them. What is awkward: ``:86:`` is free text at
one bank and ``~20``, ``<20`` or ``?20`` subfields at another, wrapped at 65 characters wherever that falls; dates that
do not exist (30 February is banker's usage); reversals (``RC``, ``RD``); a statement that runs over several messages,
or of which a message is missing.

The ``mt-940`` library reads the values of fields: its patterns for ``:61:`` and the balances know more banks than we
ever shall. It does not read files here, because it cannot tell where in the file anything stands, drops bytes it does
not know without a word, raises at the first bad field, moves 30 February to the 29th and does not ask whether a
statement adds up. So our own tokenizer accounts for every byte, and the library is the oracle of the tests.

**A statement proves itself or is not loaded**: opening balance and entries must make the closing balance. Where they do
not (``statement_balance``), or where a balance or a line cannot be read (``statement_incomplete``), each entry goes to
quarantine, and the rest of the statement with them.
"""

from connectors.mt940.standalone import read_mt940

__all__ = ["read_mt940"]
