"""From a cell to a value: what is certain is read, what is not becomes a Fault (DESIGN.md sections 1 and 2)."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.core.model import Cell, CellError, Column, DateOrder, Fault
from sheetsync.core.values import (
    is_blank,
    is_plain_email,
    parse_choice,
    parse_column,
    parse_date,
    parse_email,
    parse_number,
    parse_phone,
    parse_step,
    parse_yes_no,
    read_date,
    say_date,
    text_of,
)


def fault(value: object) -> Fault:
    assert isinstance(value, Fault), f"{value!r} was read, not refused"
    return value


# ---- Dates ---------------------------------------------------------------------------------------------------

READ = """
2026-04-03              | 2026-04-03
2026-4-3                | 2026-04-03
2026/04/03              | 2026-04-03
2026.04.03              | 2026-04-03
2026-04-03 09:30        | 2026-04-03
2026-04-03T09:30:00Z    | 2026-04-03
25/12/2026              | 2026-12-25
12/25/2026              | 2026-12-25
25.12.2026              | 2026-12-25
04/04/2026              | 2026-04-04
3 April 2026            | 2026-04-03
3 Apr 2026              | 2026-04-03
3rd of April 2026       | 2026-04-03
3-Apr-2026              | 2026-04-03
April 3, 2026           | 2026-04-03
Apr. 3rd 2026           | 2026-04-03
Sept 9 2026             | 2026-09-09
Fri 3 Apr 2026          | 2026-04-03
Friday, April 3, 2026   | 2026-04-03
29 Feb 2028             | 2028-02-29
"""


@pytest.mark.parametrize("line", READ.strip().splitlines())
def test_a_text_that_can_be_one_day_only_is_that_day(line: str) -> None:
    text, day = (part.strip() for part in line.split("|"))
    assert read_date(text) == date.fromisoformat(day)


def test_spaces_of_every_kind_around_a_date_do_not_matter() -> None:
    assert read_date("  3\u00a0April   2026\n") == date(2026, 4, 3)


REFUSED = """
03/04/2026        | could be
3.4.2026          | could be
3/4/26            | two digits
25/12/26          | two digits
2026-02-30        | is no date that exists
30/02/2026        | is no date that exists
31 April 2026     | is no date that exists
29 Feb 2026       | is no date that exists
13/13/2026        | is no date that exists
0000-01-01        | is no date that exists
Mon 3 Apr 2026    | is no Mon
3 April           | is not a date
April 2026        | is not a date
2026              | is not a date
20260403          | is not a date
2026-04/03        | is not a date
next Friday       | is not a date
tomorrow          | is not a date
3 Ap 2026         | is not a date
-                 | is not a date
"""


@pytest.mark.parametrize("line", REFUSED.strip().splitlines())
def test_any_other_text_is_refused_with_the_reason(line: str) -> None:
    text, reason = (part.strip() for part in line.split("|"))
    refused = fault(parse_date(text))
    assert refused.check == "date"
    assert reason in refused.message
    assert refused.suggestion


def test_an_ambiguous_date_shows_both_readings() -> None:
    message = fault(parse_date("03/04/2026")).message
    assert "3 Apr 2026" in message
    assert "4 Mar 2026" in message


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [
        ("dmy", "03/04/2026", "2026-04-03"),
        ("mdy", "03/04/2026", "2026-03-04"),
        ("dmy", "3.4.2026", "2026-04-03"),
        ("dmy", "2026-04-03", "2026-04-03"),
        ("mdy", "3 April 2026", "2026-04-03"),
    ],
)
def test_a_declared_order_decides(order: DateOrder, text: str, day: str) -> None:
    assert parse_date(text, order) == date.fromisoformat(day)


@pytest.mark.parametrize(("order", "text"), [("dmy", "12/25/2026"), ("mdy", "25/12/2026"), ("ymd", "03/04/2026"), ("dmy", "3/4/26")])
def test_a_declared_order_is_the_only_one(order: DateOrder, text: str) -> None:
    fault(parse_date(text, order))


def test_other_values_of_the_column_never_decide_an_ambiguous_date() -> None:
    column = Column("Last contact", "date")
    read = parse_column(column, ["25/12/2026", "03/04/2026", "26/12/2026"])
    assert [type(value) for value in read] == [date, Fault, date]


def test_a_moment_counts_as_its_day_and_a_time_of_day_as_no_date() -> None:
    assert parse_date(datetime(2026, 4, 3, 23, 59)) == date(2026, 4, 3)
    assert not isinstance(parse_date(datetime(2026, 4, 3, 23, 59)), datetime)
    fault(parse_date(time(9, 30)))


@pytest.mark.parametrize("number", [46115, 46115.5, 20260403, 1, 0, -3, True, float("inf"), float("nan")])
def test_a_number_is_no_date(number: Cell) -> None:
    fault(parse_date(number))


def test_a_number_that_would_be_a_day_is_proposed_as_that_day() -> None:
    assert "Fri 3 Apr 2026" in fault(parse_date(46115)).suggestion


@given(st.dates(date(1900, 1, 1)))
def test_what_say_date_says_is_read_back(day: date) -> None:
    assert read_date(say_date(day)) == day
    assert read_date(day.isoformat()) == day


@pytest.mark.parametrize("mark", ["/", "-", "."])
def test_day_and_month_that_can_be_swapped_are_never_read(mark: str) -> None:
    for one, other in itertools.product(range(1, 13), repeat=2):
        value = parse_date(f"{one}{mark}{other}{mark}2026")
        assert isinstance(value, Fault) == (one != other)


# ---- Numbers and money ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12), ("-3.5", -3.5), ("+7", 7), (" 12 ", 12), ("1,234.50", 1234.5), ("1,234,567", 1234567),
        ("1.234,50", 1234.5), ("1.234.567", 1234567), ("12,5", 12.5), ("1 234.5", 1234.5), ("1'234", 1234),
        ("1\u00a0234", 1234), ("0.125", 0.125), ("0,1250", 0.125),
    ],
)
def test_a_text_that_can_be_one_number_only_is_that_number(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["twelve", "12 34", "1,23,4", "12.5.1", "5 apples", "1,234", "-", ".", "1e5x", "--5", "$5", "1.2,3.4"])
def test_a_text_that_is_no_certain_number_is_refused(text: str) -> None:
    assert fault(parse_number(text)).check == "number"


def test_a_comma_that_could_be_decimal_or_thousands_shows_both_readings() -> None:
    message = fault(parse_number("1,234")).message
    assert "1234" in message
    assert "1.234" in message


def test_a_point_before_three_digits_in_an_amount_of_money_is_as_doubtful_as_a_comma() -> None:
    """ "€ 1.234" is 1234 to a German and 1.234 to nobody who counts money."""
    fault(parse_number("€ 1.234", money=True))
    fault(parse_number("1.234", money=True))


def test_a_point_behind_a_nought_is_a_decimal_point() -> None:
    assert parse_number("0.125", money=True) == 0.125


@pytest.mark.parametrize(
    ("text", "number"),
    [("$1,234.50", 1234.5), ("€ 12", 12), ("12 €", 12), ("1.234,50 €", 1234.5), ("EUR 12.50", 12.5), ("12 kr", 12), ("US$5", 5)],
)
def test_money_may_carry_its_currency(text: str, number: float) -> None:
    assert parse_number(text, money=True) == number


def test_true_is_no_number() -> None:
    fault(parse_number(True))


def test_a_step_is_a_whole_number_from_0() -> None:
    assert [parse_step(cell) for cell in (0, 3.0, "2")] == [0, 3, 2]
    for wrong in (-1, 1.5, "two", True, float("inf"), float("nan")):
        assert fault(parse_step(wrong)).check == "number"


# ---- Words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["yes", "Y", " YES ", "x", "✓", "true", True, 1, 1.0, "1"])
def test_yes(cell: Cell) -> None:
    assert parse_yes_no(cell) == "yes"


@pytest.mark.parametrize("cell", ["no", "N", "No ", "false", False, 0, "0"])
def test_no(cell: Cell) -> None:
    assert parse_yes_no(cell) == "no"


@pytest.mark.parametrize("cell", ["maybe", "yess", 2, "yes no", date(2026, 1, 1)])
def test_neither_yes_nor_no_is_refused(cell: Cell) -> None:
    assert fault(parse_yes_no(cell)).check == "choice"


def test_a_choice_ignores_case_and_outer_spaces_and_is_spelt_as_declared() -> None:
    assert parse_choice(" gold ", ("Gold", "Silver")) == "Gold"


def test_a_wrong_choice_names_the_nearest_and_is_not_taken_for_it() -> None:
    refused = fault(parse_choice("Glod", ("Gold", "Silver")))
    assert 'Did you mean "Gold"?' in refused.suggestion
    assert "Gold, Silver" in refused.message


# ---- E-mail --------------------------------------------------------------------------------------------------


def library_accepts(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


LOCALS = (
    "a", "susan", "susan.ortiz", "s+tag", "o'brien", "x_y", ".a", "a.", "a..b", "-a", "a-", "a b", '"a"', "é", "", "a@b",
    "a" * 64, "a" * 65, "a" * 32 + "." + "b" * 31, "a" * 32 + "." + "b" * 40, "postmaster", "!#$%&'*+/=?^_`{|}~-", "a,b", "(a)", "a\\",
)
DOMAINS = (
    "example.com", "example.org", "ex-ample.com", "a.b.c.de", "-a.com", "a-.com", "a..com", ".com", "com", "", "a.c", "a.co1", "a.1",
    "1.2.3.4", "[1.2.3.4]", "example.test", "x.invalid", "x.local", "localhost", "x.localhost", "x.onion", "x.arpa", "home.arpa",
    "x.example", "xn--a.com", "ab--cd.com", "a_b.com", "é.com", "a" * 63 + ".com", "a" * 64 + ".com", ".".join(["abcdefgh"] * 27) + ".com",
    "example.com.", "exa mple.com", "x.TEST", "x.com\n", "x.c-m", "x." + "a" * 63, "x." + "a" * 64, "test", "x.internal", "x.lan",
)


def test_the_plain_screen_accepts_no_address_that_the_library_refuses() -> None:
    wrong = [
        f"{local}@{domain}" for local, domain in itertools.product(LOCALS, DOMAINS)
        if is_plain_email(f"{local}@{domain}") and not library_accepts(f"{local}@{domain}")
    ]
    assert wrong == []


_ATOM = st.text("abzAZ09.+_-'!~ @\"", min_size=0, max_size=8)
_LABELS = st.lists(st.text("abzAZ09-_é", min_size=0, max_size=6), min_size=1, max_size=4).map(".".join)


@settings(max_examples=2500, deadline=None)
@given(_ATOM, _LABELS, st.sampled_from(["", ".com", ".de", ".co.uk", ".test", ".c"]))
def test_the_plain_screen_accepts_no_random_address_that_the_library_refuses(local: str, domain: str, ending: str) -> None:
    address = f"{local}@{domain}{ending}"
    if is_plain_email(address):
        assert library_accepts(address)


def test_the_plain_screen_spares_the_library_everyday_addresses() -> None:
    assert all(map(is_plain_email, ["susan@example.com", "s.ortiz+list@mail.example.co.uk", "O'Brien@x-y.org", "1@2.io"]))


@pytest.mark.parametrize("text", ["ob@@example.com", "susan", "susan@", "@example.com", "a b@example.com", "a@example", "a@b.com, c@d.com"])
def test_a_misshapen_address_is_refused(text: str) -> None:
    assert fault(parse_email(text)).check == "email"


def test_an_address_is_kept_as_typed() -> None:
    assert parse_email(" Susan@Example.COM ") == "Susan@Example.COM"


# ---- Phone ---------------------------------------------------------------------------------------------------


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(["+1", "+1 ", "+1-", "+1."]), st.integers(0, 999), st.integers(0, 999), st.integers(0, 9999),
    st.sampled_from(["", " ", "-", "."]), st.booleans(),
)
def test_what_is_taken_for_a_north_american_number_phonenumbers_takes_as_well(
    start: str, area: int, exchange: int, line: int, mark: str, brackets: bool
) -> None:
    code = f"({area:03})" if brackets else f"{area:03}"
    text = f"{start}{code}{mark}{exchange:03}{mark}{line:04}"
    if not isinstance(parse_phone(text), Fault):
        assert phonenumbers.is_possible_number(phonenumbers.parse(text))


@pytest.mark.parametrize(
    "text", ["+1 415 555 2671", "+1 (415) 555-2671", "(415) 555-2671", "+49 30 901820", "030/901820", "555-0199", "415.555.2671 x12"]
)
def test_usual_ways_to_write_a_phone_number_are_read(text: str) -> None:
    assert parse_phone(text) == text


@pytest.mark.parametrize("text", ["+1 415 555 267", "+1 415 555 26711", "call her", "12", "+", "+999 123", "1" * 30, "susan@example.com"])
def test_what_can_be_no_phone_number_is_refused(text: str) -> None:
    assert fault(parse_phone(text)).check == "phone"


def test_a_phone_number_stored_as_a_number_is_read() -> None:
    assert parse_phone(4155552671) == "4155552671"
    assert parse_phone(4155552671.0) == "4155552671"


def test_a_declared_country_says_how_many_digits() -> None:
    assert parse_phone("(415) 555-2671", "US") == "(415) 555-2671"
    fault(parse_phone("555 26", "US"))


# ---- Cells ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [None, "", " ", "\t\n", "\u00a0"])
def test_a_cell_of_only_spaces_is_blank(cell: Cell) -> None:
    assert is_blank(cell)


@pytest.mark.parametrize("cell", [0, False, 0.0, "0", "-", CellError("#N/A")])
def test_zero_and_no_are_not_blank(cell: Cell) -> None:
    assert not is_blank(cell)


def test_what_a_person_reads_in_a_cell() -> None:
    cells: list[Cell] = [12.0, 12.5, True, date(2026, 1, 5), CellError("#REF!"), None, " a "]
    assert [text_of(cell) for cell in cells] == ["12", "12.5", "yes", "2026-01-05", "#REF!", "", "a"]


@pytest.mark.parametrize("kind", ["text", "name", "email", "phone", "date", "number", "money", "yes-no", "url", "step"])
def test_an_error_cell_is_a_fault_and_a_blank_one_is_none_in_every_type_of_column(kind: str) -> None:
    column = Column("C", kind)  # type: ignore[arg-type]
    error, *blank = parse_column(column, [CellError("#REF!"), None, "", "  "])
    assert fault(error).check == "error-cell"
    assert "#REF!" in fault(error).message
    assert blank == [None, None, None]
