"""Tests of the Excel backend; the facts of a workbook, one by one."""
