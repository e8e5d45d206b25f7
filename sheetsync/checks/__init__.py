"""What can be wrong with a row: one check a file, one line each in CHECKS."""

from __future__ import annotations

from collections.abc import Mapping

from sheetsync.checks.blank_row import BlankRowCheck
from sheetsync.checks.choice import ChoiceCheck
from sheetsync.checks.contradiction import ContradictionCheck
from sheetsync.checks.date import DateCheck
from sheetsync.checks.duplicate import DuplicateCheck
from sheetsync.checks.email import EmailCheck
from sheetsync.checks.error_cell import ErrorCellCheck
from sheetsync.checks.future import FutureCheck
from sheetsync.checks.header import HeaderCheck
from sheetsync.checks.household import HouseholdCheck
from sheetsync.checks.implausible import ImplausibleCheck
from sheetsync.checks.letters import LettersCheck
from sheetsync.checks.name import NameCheck
from sheetsync.checks.number import NumberCheck
from sheetsync.checks.phone import PhoneCheck
from sheetsync.checks.placeholder import PlaceholderCheck
from sheetsync.checks.required import RequiredCheck
from sheetsync.checks.spaces import SpacesCheck
from sheetsync.checks.stored_as_text import StoredAsTextCheck
from sheetsync.checks.unique import UniqueCheck
from sheetsync.core.contracts import Check

CHECKS: Mapping[str, Check] = {
    "blank-row": BlankRowCheck(),
    "choice": ChoiceCheck(),
    "contradiction": ContradictionCheck(),
    "date": DateCheck(),
    "duplicate": DuplicateCheck(),
    "email": EmailCheck(),
    "error-cell": ErrorCellCheck(),
    "future": FutureCheck(),
    "header": HeaderCheck(),
    "household": HouseholdCheck(),
    "implausible": ImplausibleCheck(),
    "letters": LettersCheck(),
    "name": NameCheck(),
    "number": NumberCheck(),
    "phone": PhoneCheck(),
    "placeholder": PlaceholderCheck(),
    "required": RequiredCheck(),
    "spaces": SpacesCheck(),
    "stored-as-text": StoredAsTextCheck(),
    "unique": UniqueCheck(),
}

__all__ = ["CHECKS"]
