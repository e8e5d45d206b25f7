"""The screens give the same verdicts as the libraries alone, and duplicates are found whatever the order of rows."""

from __future__ import annotations

import random
import time

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email

from sheetsync.checks import CHECKS
from sheetsync.config import load_playbook
from sheetsync.core.header import read_table
from sheetsync.core.model import Cell, Fault, Problem
from sheetsync.core.phones import e164, screened
from sheetsync.core.validate import validate
from sheetsync.core.values import parse_email, parse_phone
from tests.believable import believable_customers

REGIONS = (
    "US", "GB", "DE", "FR", "IT", "ES", "AU", "IN", "BR", "JP", "MX", "AR", "HU", "CA", "NL", "AT", "KZ", "RU", "ZA", "NZ", "SE", "SM",
)
PLAYBOOK = load_playbook()


def phones(count: int) -> list[tuple[str, str | None]]:
    """Numbers of many countries in many writings, most of them damaged, each with the country of its column."""
    chance = random.Random(5)
    out: list[tuple[str, str | None]] = []
    while len(out) < count:
        example = phonenumbers.example_number_for_type(chance.choice(REGIONS), chance.choice([0, 1]))
        if example is None:
            continue
        text = phonenumbers.format_number(example, chance.choice([0, 1, 2]))
        damage = chance.random()
        if damage < 0.3:
            place = chance.randrange(len(text))
            text = text[:place] + chance.choice("0123456789 -()/.+x") + text[place + 1 :]
        elif damage < 0.5:
            text += chance.choice("0123456789")
        elif damage < 0.6:
            text = text[:-1]
        elif damage < 0.65:
            text += chance.choice([" ext. ", " x", "x", " ext ", "ext. "]) + str(chance.randrange(10_000))
        elif damage < 0.7:
            text = chance.choice(["", "+"]) + "".join(chance.choice("0123456789") for _ in range(chance.randrange(3, 16)))
        out.append((text, chance.choice((*REGIONS, None))))
    return out


def library(text: str, country: str | None) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, country))
    except phonenumbers.NumberParseException:
        return False


def test_phone_numbers_get_the_verdict_of_phonenumbers() -> None:
    for text, country in phones(6000):
        if text.startswith("+") or country is not None:  # else the library has no verdict
            assert isinstance(parse_phone(text, country), str) == library(text.strip(), country), (text, country)


def test_a_screened_phone_number_is_the_one_that_phonenumbers_reads() -> None:
    screened_ones = 0
    for text, country in phones(6000):
        if (number := screened(text, country)) is not None:
            screened_ones += 1
            read = phonenumbers.parse(text, country)
            assert number == phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164), (text, country)
            assert e164(text, country) == number
    assert screened_ones > 2000


def test_addresses_get_the_verdict_of_email_validator() -> None:
    chance = random.Random(7)
    letters = "abzAZ09.+_-'!~ @\"é"
    verdicts = [0, 0]
    for _ in range(4000):
        local = "".join(chance.choice(letters) for _ in range(chance.randrange(1, 7)))
        label = "".join(chance.choice("abzAZ09-_é") for _ in range(chance.randrange(1, 6)))
        text = f"{local}@{label}{chance.choice(['.com', '.de', '.co.uk', '.test', '.c', '', '.example.org'])}"
        try:
            validate_email(text.strip(), check_deliverability=False)
            right = True
        except EmailNotValidError:
            right = False
        assert isinstance(parse_email(text), str) == right, text
        verdicts[right] += 1
    assert min(verdicts) > 300


def check(rows: list[list[Cell]], *names: str) -> tuple[Problem, ...]:
    table = read_table([tuple(row) for row in rows], source="c.xlsx", sheet="S", columns=PLAYBOOK.columns, key=PLAYBOOK.key,
                       status=PLAYBOOK.status)
    return validate(table, PLAYBOOK.columns, PLAYBOOK.key, PLAYBOOK.status, [CHECKS[name] for name in names or CHECKS])[1]


def doubled(count: int) -> list[list[Cell]]:
    """A clean list in which every 40th customer stands twice or shares a phone, and one phone stands for nothing."""
    rows = believable_customers(count)
    for number in range(40, count, 40):
        twin = list(rows[number])
        twin[0] = 10_000_000 + number
        if number % 80:
            twin[1], twin[2] = "Zoltan Kis", None
        rows.append(twin)
    for number in range(1, count, count // 20):
        rows[number][3] = "+1 503 555 0000"
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_no_word(seed: int) -> None:
    header, *rows = doubled(400)
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)

    def told(rows: list[list[Cell]]) -> list[tuple[Cell, str, str, str, str]]:
        return sorted((str(rows[p.customer][0]), p.check, p.column, p.message, p.suggestion) for p in check([header, *rows]))

    first = told(rows)
    assert {check for _, check, *_ in first} >= {"duplicate", "household"}
    assert told(shuffled) == first


def test_problems_of_duplicates_say_which_customers_they_mean() -> None:
    header, *rows = doubled(100)
    for problem in check([header, *rows], "duplicate", "household"):
        assert problem.others
        assert problem.customer not in problem.others


def test_duplicates_take_no_more_than_linear_time() -> None:
    small, large = doubled(2000), doubled(20_000)
    times = []
    for rows in (small, large):
        started = time.process_time()
        check(rows, "duplicate", "household")
        times.append(time.process_time() - started)
    assert times[1] < 30 * times[0] + 1


def test_a_phone_that_everybody_has_takes_no_time_and_names_three() -> None:
    rows: list[list[Cell]] = [["ID", "Name", "Phone"]]
    rows += [[number, f"Name{number} X", "+1 503 555 0000"] for number in range(5000)]
    started = time.process_time()
    problems = check(rows, "duplicate", "household")
    assert time.process_time() - started < 5
    assert len(problems) == 5000
    assert problems[0].message.endswith("and 4,996 more")
    assert not isinstance(parse_phone("+1 503 555 0000"), Fault)
