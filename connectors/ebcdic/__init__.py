"""COBOL records from a mainframe: copybooks, packed and zoned numbers, records of varying length."""

from connectors.ebcdic.copybook import Item, parse_copybook
from connectors.ebcdic.standalone import read_ebcdic

__all__ = ["Item", "parse_copybook", "read_ebcdic"]
