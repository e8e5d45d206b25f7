"""Every check against its list of what it must find and must not, and against a clean list of 1,000 customers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from sheetsync.checks import CHECKS
from sheetsync.config import load_playbook
from sheetsync.core.header import read_table
from sheetsync.core.model import Cell, Problem
from sheetsync.core.plan import say_problem
from sheetsync.core.validate import validate
from tests.believable import believable_customers
from tests.tables import read_table_text

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 20)


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a file: what it is about, whether the check has to fire, settings, cells, and what each row must be told."""

    title: str
    fires: bool
    settings: dict[str, Any]
    rows: list[list[Cell]]
    says: list[Cell]

    def problems(self, check: str) -> tuple[Problem, ...]:
        playbook = load_playbook(overlay=self.settings)
        table = read_table([tuple(row) for row in self.rows], source="c.xlsx", sheet="S", columns=playbook.columns, key=playbook.key,
                           status=playbook.status)
        customers, problems = validate(table, playbook.columns, playbook.key, playbook.status, [CHECKS[check]], TODAY)
        return tuple(p._replace(message=say_problem(customers, p)) for p in problems)


def sections(path: Path) -> list[Section]:
    """The sections of a file of cases, parted by blank lines."""
    out = []
    for block in path.read_text("utf-8").strip().split("\n\n"):
        kind, _, title = block.partition("\n")[0].partition(":")
        lines = block.splitlines()[1:]
        settings = "\n".join(line.removeprefix("with:") for line in lines if line.startswith("with:"))
        rows = read_table_text("\n".join(line for line in lines if not line.startswith("with:")))
        says: list[Cell] = [None] * len(rows)
        if rows[0][-1] == "Says":
            says = [row.pop() for row in rows]  # its own header first: a row without a word in it only sets the scene
        assert kind in ("fires", "quiet"), path
        out.append(Section(title.strip(), kind == "fires", tomllib.loads(dedent(settings)), rows, says))
    return out


ALL = [(path.stem, section) for path in sorted(CASES.glob("*.txt")) for section in sections(path)]
FIRES, QUIET = [case for case in ALL if case[1].fires], [case for case in ALL if not case[1].fires]


def test_every_check_has_its_list_and_every_list_its_check() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
def test_at_least_as_many_cases_must_not_fire_as_must(check: str) -> None:
    must = sum(len(section.rows) - 1 for name, section in ALL if name == check and section.fires)
    must_not = sum(len(section.rows) - 1 for name, section in ALL if name == check and not section.fires)
    assert must_not >= must > 0


@pytest.mark.parametrize(("check", "section"), FIRES, ids=[f"{check}: {section.title}" for check, section in FIRES])
def test_what_must_be_found_is_found(check: str, section: Section) -> None:
    problems = section.problems(check)
    if check in ("blank-row", "header"):  # about the table, not about a row
        assert len(problems) == 1
        return
    by_row = {problem.row: problem for problem in problems}
    expected = {number: said for number, (row, said) in enumerate(zip(section.rows, section.says, strict=True), 1)
                if number > 1 and (said is not None or section.says[0] is None)}
    assert set(by_row) == set(expected)
    for number, said in expected.items():
        if said is not None:
            assert str(said) in by_row[number].message, by_row[number].message


@pytest.mark.parametrize(("check", "section"), QUIET, ids=[f"{check}: {section.title}" for check, section in QUIET])
def test_what_must_not_be_found_is_not_found(check: str, section: Section) -> None:
    assert section.problems(check) == ()


def test_a_clean_list_of_1000_customers_from_12_countries_has_no_problem() -> None:
    rows = believable_customers(1000)
    playbook = load_playbook(overlay={"columns": {"Birthday": {"type": "date"}, "Spent": {"type": "money"}}})
    table = read_table([tuple(row) for row in rows], source="c.xlsx", sheet="S", columns=playbook.columns, key=playbook.key,
                       status=playbook.status)
    customers, problems = validate(table, playbook.columns, playbook.key, playbook.status, CHECKS.values(), TODAY)
    assert len(customers) == 1000
    assert [(problem.check, say_problem(customers, problem)) for problem in problems] == []
