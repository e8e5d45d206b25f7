"""Names that are no way to address somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sheetsync.core.model import Customers, Problem, Severity

_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]{2,}")
_VOWEL = re.compile("[AEIOUYÀ-ÆÈ-ÏÒ-ÖÙ-ÝĀĂĄĒĖĘĚĪĮŌŐŪŮŰŲ]")
_PARTICLES = frozenset({"VAN", "VON", "DER", "DEN", "DE", "DA", "DI", "DU", "LA", "LE", "EL", "AL", "BIN", "IBN", "DOS", "DEL", "Y"})
# Words of businesses, which may write themselves in capitals.
_BUSINESS = frozenset({
    "INC", "LLC", "LTD", "PLC", "GMBH", "AG", "KG", "OHG", "UG", "SA", "SAS", "SARL", "SRL", "SPA", "BV", "NV", "AB", "AS", "OY",
    "APS", "CO", "CORP", "COMPANY", "GROUP", "HOLDING", "HOLDINGS", "BANK", "STORE", "STORES", "SHOP", "BAKERY", "CAFE", "CAFÉ", "BAR",
    "HOTEL", "CLUB", "STUDIO", "STUDIOS", "SCHOOL", "UNIVERSITY", "COLLEGE", "AIR", "AIRLINES", "MOTORS", "AUTO", "CARS", "FOODS",
    "FOOD", "MEDIA", "DESIGN", "SYSTEMS", "SOLUTIONS", "SERVICES", "SERVICE", "PARTNERS", "CONSULTING", "TRADING", "IMPORT", "EXPORT",
    "LOGISTICS", "TECHNOLOGIES", "TECH", "SOFTWARE", "LABS", "FITNESS", "GYM", "SALON", "DENTAL", "CLINIC", "PHARMACY", "HOSPITAL",
    "CENTER", "CENTRE", "RESTAURANT", "PIZZA", "PIZZERIA", "COFFEE", "HOUSE", "HOME", "FOUNDATION", "TRUST", "SOCIETY", "ASSOCIATION",
    "CHURCH", "MUSEUM", "THEATRE", "THEATER", "RADIO", "NEWS", "PRESS", "PRINT", "BOOKS", "MUSIC", "RECORDS", "FILMS", "GALLERY",
    "MARKET", "MARKETING", "REAL", "ESTATE", "PROPERTIES", "CONSTRUCTION", "BUILDERS", "ELECTRIC", "ENERGY", "OIL", "GAS", "WATER",
    "STEEL", "CITY", "TOWN", "COUNTY", "STATE", "NATIONAL", "INTERNATIONAL", "GLOBAL", "WORLD", "AMERICAN", "EURO", "BROTHERS", "SONS",
    "INDUSTRIES", "MANUFACTURING", "PRODUCTS", "SUPPLY", "TOOLS", "FASHION", "SPORT", "SPORTS", "TRAVEL", "TOURS", "EVENTS",
    "CATERING", "CLEANING", "GARDEN", "GARDENS", "FLOWERS",
})


@dataclass(frozen=True, slots=True)
class NameCheck:
    """Says which people's names are all in capitals, and which names hold an e-mail address.

    Names of businesses ("IBM"), and lists that are in capitals throughout, are left alone.
    """

    id: ClassVar[str] = "name"
    severity: Severity = "warning"

    def problems(self, customers: Customers) -> Iterator[Problem]:
        """One problem for each such name, with the name as it would read in a letter."""
        for column, values in customers.values.items():
            if customers.columns[column].type != "name":
                continue
            names = [value if value.__class__ is str else "" for value in values]
            loud = [index for index, name in enumerate(names) if name.isupper() and _is_person(name)]
            if 2 * len(loud) > len([name for name in names if name]) > 4:
                loud = []  # the owner's way to write them
            for index in loud:
                yield Problem(customers.row(index), column, self.id, self.severity, f'"{names[index]}" is all in capitals',
                              f'In a letter it would read "{_written(names[index])}".', index)
            for index, name in enumerate(names):
                if "@" in name and _EMAIL.search(name):
                    yield Problem(customers.row(index), column, self.id, self.severity, f'"{name}" holds an e-mail address',
                                  "Write the name here, and the address into its own column.", index)


def _is_person(name: str) -> bool:
    """Whether a name in capitals is surely somebody's: two to four words that can be spoken, none of a business's."""
    words = name.replace(",", " ").replace("-", " ").split()
    if not 2 <= len(words) <= 4 or not all(word.replace("'", "").replace("’", "").replace(".", "").isalpha() for word in words):
        return False
    spoken = [word for word in words if len(word) >= 3 and _VOWEL.search(word) and word not in _PARTICLES]
    return len(spoken) >= 2 and _BUSINESS.isdisjoint(words)


def _written(name: str) -> str:
    words = [word.lower() if word in _PARTICLES else re.sub(r"\w+", lambda part: part[0].capitalize(), word) for word in name.split()]
    return " ".join(words)
