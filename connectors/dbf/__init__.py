"""dBase tables and their relatives: dBase II, III, III+ and IV, Clipper, FoxPro 2, Visual FoxPro."""

from connectors.dbf.standalone import read_dbf

__all__ = ["read_dbf"]
