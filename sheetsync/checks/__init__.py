"""What can be wrong with a row: one check a file, one line each in CHECKS."""

from __future__ import annotations

from collections.abc import Mapping

from sheetsync.checks.choice import ChoiceCheck
from sheetsync.checks.date import DateCheck
from sheetsync.checks.email import EmailCheck
from sheetsync.checks.error_cell import ErrorCellCheck
from sheetsync.checks.number import NumberCheck
from sheetsync.checks.phone import PhoneCheck
from sheetsync.checks.required import RequiredCheck
from sheetsync.checks.unique import UniqueCheck
from sheetsync.core.contracts import Check

CHECKS: Mapping[str, Check] = {
    "choice": ChoiceCheck(),
    "date": DateCheck(),
    "email": EmailCheck(),
    "error-cell": ErrorCellCheck(),
    "number": NumberCheck(),
    "phone": PhoneCheck(),
    "required": RequiredCheck(),
    "unique": UniqueCheck(),
}

__all__ = ["CHECKS"]
