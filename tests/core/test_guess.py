"""What a list's headers and values are taken for, and what is asked instead of guessed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.config import load_playbook
from sheetsync.core.guess import Proposal, propose
from sheetsync.core.model import Cell, CellError, Worksheet
from sheetsync.errors import Refused
from tests.worksheets import PLAYBOOK, TODAY

NAMES = ["Ann Lee", "Bob Ray", "Cy Dow", "Dora Hill", "Ed Poe", "Flo West"]
EMAILS: list[Cell] = [f"{name.split()[0].lower()}@mail.com" for name in NAMES]
PHONES: list[Cell] = [f"+1 415 555 01{n:02}" for n in range(6)]
RECENT: list[Cell] = [TODAY - timedelta(days=11 * n) for n in range(1, 7)]
BIRTHDAYS: list[Cell] = [date(1951 + 7 * n, 3, 4) for n in range(6)]


def proposed(*rows: list[Cell], **columns: list[Cell]) -> Proposal | None:
    """The proposal for `rows` that stand above a list of six people with these columns; the keys are headers with _ for space."""
    width = len(columns)
    above = [[*row, *[None] * (width - len(row))] for row in rows]
    body = [[column[n] if n < len(column) else None for column in columns.values()] for n in range(6)]
    cells: list[list[Cell]] = [*above, [key.replace("_", " ") for key in columns], *body]
    return look(cells)


def look(cells: list[list[Cell]]) -> Proposal | None:
    sheet = Worksheet("List", range(1, len(cells) + 1), tuple(tuple(row) for row in cells))
    return propose(sheet, PLAYBOOK.columns, PLAYBOOK.key, PLAYBOOK.status, TODAY)


def with_header(header: str, values: list[Cell], more: str = "Name") -> dict[str, str]:
    """Which headers are taken for which column, where one column has that header, one is called `more` and one Email."""
    found = look([[more, "Email", header], *([NAMES[n], EMAILS[n], value] for n, value in enumerate(values))])
    assert found is not None
    return {column: candidate.header for column, candidate in found.taken.items()}


@pytest.mark.parametrize(
    ("header", "values", "column"),
    [
        ("Client Name (full)", [*NAMES], "Name"),
        ("Kunde", [*NAMES], "Name"),
        ("Tel.", PHONES, "Phone"),
        ("Telephone / mobile", PHONES, "Phone"),
        ("Customer phone", PHONES, "Phone"),
        ("E-Mail Adresse", EMAILS, "Email"),
        ("Their e-mail", EMAILS, "Email"),
        ("last spoken to?", RECENT, "Last contact"),
        ("Spoke", RECENT, "Last contact"),
        ("Letzter Kontakt", RECENT, "Last contact"),
        ("Date last contacted", RECENT, "Last contact"),
        ("Lst contact", RECENT, "Last contact"),
        ("Notes/Comments", ["likes tea"], "Notes"),
        ("Coments", ["likes tea"], "Notes"),
        ("Cust #", [1, 2, 3, 4, 5, 6], "Customer no"),
        ("Client Nr", [1, 2, 3, 4, 5, 6], "Customer no"),
    ],
)
def test_odd_headers_are_told_by_their_words_and_values(header: str, values: list[Cell], column: str) -> None:
    other = "Email" if column == "Name" else "Name"
    cells: list[list[Cell]] = [[other, header], *([EMAILS[n] if other == "Email" else NAMES[n], values[n] if n < len(values) else None]
                                                 for n in range(6))]
    found = look(cells)
    assert found is not None
    assert found.taken[column].header == header


def test_values_tell_a_column_whose_header_says_nothing() -> None:
    found = proposed(Who=[*NAMES], Write_to=EMAILS, Ring=PHONES)
    assert found is not None
    assert {name: candidate.header for name, candidate in found.taken.items()} == {"Name": "Who", "Email": "Write to", "Phone": "Ring"}
    assert {candidate.level for candidate in found.taken.values()} == {"values"}


def test_a_last_contact_is_never_taken_by_its_dates_alone() -> None:
    found = proposed(Name=[*NAMES], Phone=PHONES, When=RECENT)
    assert found is not None
    assert "Last contact" not in found.taken
    [question] = found.questions
    assert question.column == "Last contact"
    assert "only its dates say so" in question.candidates[0].doubt


def test_dates_that_could_be_birthdays_are_no_last_contact_whatever_the_header_says() -> None:
    found = proposed(Name=[*NAMES], Phone=PHONES, Last_spoken_about=BIRTHDAYS)
    assert found is not None
    assert "Last contact" not in found.taken
    [question] = found.questions
    assert "as birthdays do" in question.candidates[0].doubt
    found = proposed(Name=[*NAMES], Phone=PHONES, When=BIRTHDAYS)
    assert found is not None
    assert found.questions == ()


def test_dates_ahead_are_no_last_contact() -> None:
    ahead: list[Cell] = [TODAY + timedelta(days=n) for n in range(6)]
    found = proposed(Name=[*NAMES], Phone=PHONES, Spoke=ahead)
    assert found is not None
    assert "Last contact" not in found.taken
    assert "lie ahead" in found.questions[0].candidates[0].doubt


def test_dates_that_could_be_two_are_named_and_not_read() -> None:
    found = proposed(Name=[*NAMES], Last_contact=["03/04/2026"] * 6)
    assert found is not None
    assert found.two_ways == {1: "03/04/2026"}


def test_two_headers_for_one_column_are_asked_with_what_sync_takes_first() -> None:
    found = proposed(Name=[*NAMES], Mobile=PHONES, Telephone=PHONES)
    assert found is not None
    [question] = found.questions
    assert question.column == "Phone"
    assert question.proposed is not None
    assert (question.proposed.header, [c.header for c in question.candidates]) == ("Telephone", ["Telephone", "Mobile"])


def test_the_columns_own_name_needs_no_question() -> None:
    found = proposed(Name=[*NAMES], Mobile=PHONES, Phone=PHONES)
    assert found is not None
    assert (found.questions, found.taken["Phone"].header) == ((), "Phone")


@pytest.mark.parametrize("header", ["Last contract", "Next contact", "First contact", "Invoice date", "Last contact method changed on"])
def test_a_like_header_about_something_else_is_never_taken_for_last_contact(header: str) -> None:
    assert "Last contact" not in with_header(header, RECENT)


def test_a_birthday_is_one_however_it_is_written() -> None:
    playbook = load_playbook("direct-sales")
    for header in ("B-day", "DOB", "Date of birth", "Geburtstag"):
        cells: list[list[Cell]] = [["Name", header], *([NAMES[n], BIRTHDAYS[n]] for n in range(6))]
        sheet = Worksheet("List", range(1, 8), tuple(tuple(row) for row in cells))
        found = propose(sheet, playbook.columns, playbook.key, playbook.status, TODAY)
        assert found is not None
        assert found.taken["Birthday"].header == header


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Customer type", ["Retail", "Trade", "Retail", "Trade", "Retail", "Trade"]),
        ("Last order value", [12.5, 14.0, 9.9, 1.0, 2.0, 3.0]),
        ("Email sent", ["yes", "no", "yes", "no", "yes", "no"]),
        ("Phone model", ["Pixel", "Pixel", "iPhone", "Pixel", "iPhone", "Pixel"]),
        ("Name of dog", ["Rex", "Rex", "Bo", "Bo", "Rex", "Bo"]),
        ("Contract ended because", ["price", "moved", "price", "price", "moved", "price"]),
    ],
)
def test_like_words_with_other_values_are_nothing(header: str, values: list[Cell]) -> None:
    assert with_header(header, values, "Client") == {"Name": "Client", "Email": "Email"}


def test_titles_a_blank_column_and_a_blank_row_above_the_header_do_no_harm() -> None:
    cells: list[list[Cell]] = [[None, "Our customers 2026"], [None, "red means urgent", None, "ask Tom"], [],
                               [None, "Client", "E-Mail", "Seen"]]
    cells += [[None, NAMES[n], EMAILS[n], None] for n in range(6)]
    found = look(cells)
    assert found is not None
    assert (found.header_row, found.first_column) == (4, 2)
    assert {name: candidate.header for name, candidate in found.taken.items()} == {"Name": "Client", "Email": "E-Mail"}


def test_a_header_of_two_lines_is_read_as_one() -> None:
    found = look([["Client", "Last", "Phone", "E-mail"], ["name", "spoken", "number", "address"],
                  *([NAMES[n], RECENT[n], PHONES[n], EMAILS[n]] for n in range(6))])
    assert found is not None
    assert found.header_row == 2
    assert {name: c.header for name, c in found.taken.items()} == {
        "Name": "name", "Email": "address", "Phone": "number", "Last contact": "spoken"}


def test_a_header_over_two_rows_of_which_neither_says_it_all_is_refused_with_the_rows() -> None:
    with pytest.raises(Refused, match="rows, 1 and 2") as caught:
        look([["Client", "Phone", "Dates", None], [None, "(work)", "last contact", "met on"],
              *([NAMES[n], PHONES[n], RECENT[n], RECENT[n]] for n in range(6))])
    assert "row 2" in caught.value.remedy


def test_a_rules_worksheet_and_a_page_of_prose_are_no_list() -> None:
    assert look([["Rule", "Due", "Name"], ["Call", "1 month after Last contact", "x"]]) is None
    assert look([["How we work"], ["Call people, and be kind."], ["Then write it down."]]) is None
    assert look([]) is None


def test_a_header_without_customers_yet_is_found() -> None:
    found = look([["Name", "Phone", "Last contact"]])
    assert found is not None
    assert list(found.taken) == ["Name", "Phone", "Last contact"]


def test_headers_that_are_alike_are_never_proposed() -> None:
    found = proposed(Name=[*NAMES], Tel_no=PHONES)
    assert found is not None
    assert found.taken["Phone"].header == "Tel no"
    cells: list[list[Cell]] = [["Name", "Work no", "Work No"], *([NAMES[n], PHONES[n], PHONES[n]] for n in range(6))]
    found = look(cells)
    assert found is not None
    assert list(found.taken) == ["Name"]


def test_names_of_rooms_are_no_customers_where_nothing_says_that_these_are_people() -> None:
    rooms: list[list[Cell]] = [[f"{word} Room", "blue", TODAY] for word in ("Living", "Dining", "Bath", "Sun")]
    found = look([["Room", "Notes", "Painted"], *rooms])
    assert found is not None
    assert "Name" not in found.taken
    assert "nothing beside it says that these are people" in {c.doubt for q in found.questions for c in q.candidates}


def test_a_header_that_is_called_so_but_holds_something_else_is_said() -> None:
    found = look([["Name", "Booked", "Phone"], *([NAMES[n], "by Tom", PHONES[n]] for n in range(6))])
    assert found is not None
    assert found.taken["Next appointment"].doubt == "its values are no dates"


def test_a_form_is_no_list() -> None:
    found = look([["E-mail:", "Mobile Phone:"], ["Highest education:", "Native language:"], ["Hobbies:", "Sports:"]])
    assert found is not None
    assert not found.usable(PLAYBOOK.key)


def test_a_first_name_and_a_surname_are_asked_and_the_surname_tells_people_apart() -> None:
    first: list[Cell] = [name.split()[0] for name in NAMES]
    last: list[Cell] = [name.split()[1] for name in NAMES]
    found = proposed(First_name=first, Surname=last, Email=EMAILS)
    assert found is not None
    [question] = found.questions
    assert question.proposed is not None
    assert (question.column, question.proposed.header, len(question.candidates)) == ("Name", "Surname", 2)
    assert found.usable(PLAYBOOK.key)


def test_of_two_phone_numbers_the_one_that_most_have_is_proposed() -> None:
    cells: list[list[Cell]] = [["Name", "Phone (home)", "Phone (work)"]]
    cells += [[NAMES[n], PHONES[n] if n < 2 else None, PHONES[n]] for n in range(6)]
    found = look(cells)
    assert found is not None
    [question] = found.questions
    assert question.proposed is not None
    assert question.proposed.header == "Phone (work)"


WORDS = st.sampled_from([
    "Name", "Client", "Phone", "Tel.", "E-Mail", "Last contact", "last spoken to?", "Notes/Comments", "↻ Status", "", "  ", "Rule", "Due",
    "(", "[x", "#", "-", "a" * 200, "Ünïcode", "李小龙", "ann@mail.com", "+1 415 555 0101", "03/04/2026",
])
CELLS: st.SearchStrategy[Cell] = st.one_of(
    WORDS, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.dates(), st.datetimes(), st.text(max_size=8),
    st.just(time(1, 2)), st.just(timedelta(1)), st.just(CellError("#REF!")), st.just(datetime(2026, 1, 1, 3)))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=8))
def test_whatever_stands_in_a_worksheet_each_header_is_one_column_and_exists(cells: list[list[Cell]]) -> None:
    try:
        found = look(cells)
    except Refused:
        return
    if found is None:
        return
    positions = [candidate.position for candidate in found.taken.values()]
    assert len(set(positions)) == len(positions)
    for candidate in found.taken.values():
        assert found.header[candidate.position] == candidate.header != ""
    for question in found.questions:
        assert question.column not in found.taken
        assert not {candidate.position for candidate in question.candidates} & set(positions)
    assert 1 <= found.header_row <= len(cells)
