"""Excel workbooks: read with python-calamine, written by splicing the one worksheet part that changes."""

from sheetsync.backends.excel.sheet import ExcelSource

__all__ = ["ExcelSource"]
