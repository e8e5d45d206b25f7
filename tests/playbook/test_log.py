"""What people type into the Log column, as a table: what it means on Friday 20 November 2026, or why it stays."""

from __future__ import annotations

from datetime import date

import pytest

from sheetsync.core.model import Cell, CellError
from sheetsync.core.workdays import Calendar
from sheetsync.playbook.log import NotUnderstoodError, read_entry

TODAY = date(2026, 11, 20)
UNDERSTOOD = """
done                                    | done            | 2026-11-20 |
Done.                                   | done            | 2026-11-20 |
 CALLED                                 | called          | 2026-11-20 |
e-mailed today                          | emailed         | 2026-11-20 |
met yesterday                           | met             | 2026-11-19 |
called yesterday: asked for a quote     | called          | 2026-11-19 | asked for a quote
called: at 10:30, no answer             | called          | 2026-11-20 | at 10:30, no answer
done 3 Mar                              | done            | 2026-03-03 |
done 20 Nov                             | done            | 2026-11-20 |
done 21 Nov                             | done            | 2025-11-21 |
done on 3rd of March                    | done            | 2026-03-03 |
done March 3                            | done            | 2026-03-03 |
done Mon 16 Nov                         | done            | 2026-11-16 |
done 29 Feb                             | done            | 2024-02-29 |
done 2026-03-03                         | done            | 2026-03-03 |
emailed 3 March 2025                    | emailed         | 2025-03-03 |
done 13/02/2026                         | done            | 2026-02-13 |
snooze 2 weeks                          | snoozed         | 2026-12-04 |
snooze for 3 business days              | snoozed         | 2026-11-25 |
snooze 1 month: busy season             | snoozed         | 2026-12-20 | busy season
snooze until 3 March                    | snoozed         | 2027-03-03 |
until 3 March                           | snoozed         | 2027-03-03 |
until 20 Nov                            | snoozed         | 2027-11-20 |
until tomorrow                          | snoozed         | 2026-11-21 |
pause until 1 Feb: on holiday           | paused          | 2027-02-01 | on holiday
pause 3 months                          | paused          | 2027-02-20 |
skip                                    | skipped         |            |
skip: is moving house                   | skipped         |            | is moving house
Not a duplicate                         | not a duplicate |            |
"""
STAYS = """
caled yesterday          | Did you mean "called yesterday"?
phoned: no answer        | Did you mean "called: no answer"?
spoke to her husband     | Did you mean "called: spoke to her husband"?
called left a message    | A note stands behind a colon: "called: left a message".
done yestrday            | Did you mean "done yesterday"?
done 3/4                 | Type "done 3 Apr 2026" or "done 4 Mar 2026".
done 03/04/2026          | Type "done 3 Apr 2026" or "done 4 Mar 2026".
done 13/2                | Type "done 13 Feb 2026".
done 3.3.26              | Type such as "done 20 Nov 2026".
done Monday              | Did you mean "done 16 Nov 2026"?
done Tue 16 Nov          | Name the day alone.
done 31 Feb              | Look at the calendar.
done 2026-12-01          | For what is still to come type "until 1 Dec 2026".
until                    | Type such as "until 3 March" or "snooze 2 weeks".
until 2026-11-20         | Name a day after today.
until 3/4                | Type "until 3 Apr 2027" or "until 4 Mar 2027".
snooze                   | Type such as "snooze 2 weeks" or "snooze until 3 March".
snooze a while           | Type such as "snooze 2 weeks" or "snooze until 3 March".
pause                    | Type such as "pause 2 weeks" or "pause until 3 March".
snooze 9999 years        | Type such as "snooze 2 weeks" or "snooze until 3 March".
later                    | Did you mean "snooze 1 week"?
remind                   | Did you mean "snooze 2 weeks"?
skp                      | Did you mean "skip"?
not duplicate            | Did you mean "not a duplicate"?
"""


def lines(text: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in text.strip("\n").splitlines()]


def read(cell: Cell, typed: date = TODAY) -> str:
    entry = read_entry(cell, today=TODAY, typed=typed, calendar=Calendar())
    return " ".join(f"{entry.kind} {entry.day or ''} {entry.note}".split())


@pytest.mark.parametrize("line", lines(UNDERSTOOD), ids=lambda line: line[0])
def test_an_entry_is_understood(line: list[str]) -> None:
    text, kind, day, *note = line
    assert read(text) == " ".join(part for part in (kind, day, *note) if part)


@pytest.mark.parametrize("line", lines(STAYS), ids=lambda line: line[0])
def test_an_entry_that_is_not_understood_is_told_the_nearest_that_would_work(line: list[str]) -> None:
    text, suggestion = line
    with pytest.raises(NotUnderstoodError) as caught:
        read(text)
    assert caught.value.suggestion == suggestion
    assert text.split(":")[0] in caught.value.sentence


@pytest.mark.parametrize("line", lines(STAYS), ids=lambda line: line[0])
def test_what_is_suggested_in_quotes_works(line: list[str]) -> None:
    for suggested in line[1].split('"')[1::2]:
        assert read(suggested)


@pytest.mark.parametrize("cell", [12, True, TODAY, date(2027, 1, 1), CellError("#REF!"), 0.5, "x" * 500, "until until", ":", "done 0 Mar"])
def test_anything_else_stays_and_is_told_something_that_works(cell: Cell) -> None:
    with pytest.raises(NotUnderstoodError) as caught:
        read(cell)
    assert caught.value.suggestion
    assert len(caught.value.sentence) < 120


def test_a_unit_that_is_misspelt_is_told_the_right_one() -> None:
    with pytest.raises(NotUnderstoodError, match='did you mean "2 weeks"'):
        read("snooze 2 wks")


def test_what_was_typed_last_evening_counts_from_last_evening_but_a_named_day_may_be_today() -> None:
    evening = date(2026, 11, 19)
    assert read("done", evening) == "done 2026-11-19"
    assert read("done yesterday", evening) == "done 2026-11-18"
    assert read("snooze 2 weeks", evening) == "snoozed 2026-12-03"
    assert read("done 20 Nov", evening) == "done 2026-11-20"


def test_an_order_that_is_declared_for_the_log_column_decides_an_ambiguous_date() -> None:
    entry = read_entry("done 03/04/2026", today=TODAY, typed=TODAY, calendar=Calendar(), order="dmy")
    assert entry.day == date(2026, 4, 3)
