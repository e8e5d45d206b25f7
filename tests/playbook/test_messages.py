"""Messages: their parts, their fields, strictly and in a sandbox; mail links as RFC 6068 has them; whom a word means."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any
from urllib.parse import unquote

import pytest

from sheetsync.config import load_playbook
from sheetsync.core.header import read_table
from sheetsync.core.model import Cell, Column, Customers, Fault
from sheetsync.core.validate import see_customers
from sheetsync.playbook.build import build_playbook
from sheetsync.playbook.faults import Fault as SettingFault
from sheetsync.playbook.messages import (
    Message,
    MessageError,
    check_messages,
    fields,
    find_customer,
    message_name,
    read_template,
    render,
)
from sheetsync.resources import playbooks
from tests.playbook.rows import BASE

MAIL = """E-mail
Subject: About {{ Complaint date }}

Dear {{ Name }},
{% if has("Fix") %}the fix: {{ Fix }}{% else %}no fix yet{% endif %}
"""


def made(text: str, **values: Any) -> Message:
    return render(read_template("m.md.j2", text), {name.replace("_", " "): value for name, value in values.items()}, to="a@example.com")


def refused(text: str, **values: Any) -> str:
    with pytest.raises(MessageError) as caught:
        made(text, **values)
    return f"{caught.value.sentence} {caught.value.remedy}".strip()


def test_an_email_has_a_subject_and_a_text_with_the_customers_own_words() -> None:
    found = made(MAIL, Name="Ng & Söhne", Complaint_date=date(2026, 11, 19), Fix="new cake")
    assert found == Message("e-mail", "a@example.com", "About 19 November 2026", "Dear Ng & Söhne,\nthe fix: new cake")
    assert made(MAIL, Name="Ng", Complaint_date=date(2026, 11, 19)).body.endswith("no fix yet")


def test_a_field_that_is_missing_or_blank_or_unreadable_is_named() -> None:
    assert "needs Complaint date, which is blank" in refused(MAIL, Name="Ng", Complaint_date=None)
    assert "needs Complaint date, which is no column of this sheet" in refused(MAIL, Name="Ng")
    assert "needs Name, which is blank" in refused(MAIL, Name="  ", Complaint_date=date(2026, 11, 19))
    assert "can't be read" in refused(MAIL, Name="Ng", Complaint_date=Fault("03/04/2026", "date", "could be two"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear {{ Name }}", "first line has to be Phone, E-mail, Letter or Note"),
        ("E-mail\n\nHello", "without a subject"),
        ("E-mail\nFrom: me\n\nHello", "only Subject"),
        ("Phone\n\n", "says nothing"),
        ("Phone\n\n{% if %}", "can't be read"),
        ("Phone\n\n{{ ''.__class__ }}", "may not do"),
        ("Phone\n\n{% for x in has.__globals__ %}x{% endfor %}", "may not do"),
        ("Phone\n\n{{ has.__globals__ }}", "no column of this sheet"),
        ("Phone\n\n{% for n in range(99999999) %}x{% endfor %}", "can't be made"),
        ("Phone\n\n{% include 'x' %}", "can't be"),
        ("Phone\n\n{{ (1/0) }}", "ZeroDivisionError"),
        ("Phone\n\n{% if Complaint %}x{% endif %}", "'Complaint' is undefined"),
    ],
)
def test_what_is_wrong_with_a_message_is_told(text: str, words: str) -> None:
    assert words in refused(text, Name="Ng")


def test_a_customers_words_are_never_read_as_a_template() -> None:
    assert made("Phone\n\n{{ Name }}", Name="{{ 1 + 1 }} {% raw %}").body == "{{ 1 + 1 }} {% raw %}"


def test_a_line_end_in_a_cell_can_not_end_a_subject() -> None:
    assert made("E-mail\nSubject: {{ Name }}\n\nHi", Name="Ng\nBcc: x@example.com").subject == "Ng Bcc: x@example.com"


def test_money_shows_two_digits_and_a_whole_number_none() -> None:
    template = read_template("m.md.j2", "Phone\n\n{{ Balance }} {{ Orders }}")
    columns = {"Balance": Column("Balance", "money"), "Orders": Column("Orders", "number")}
    assert render(template, {"Balance": 1234.5, "Orders": 3.0}, columns=columns).body == "1,234.50 3"


@pytest.mark.parametrize(
    ("message", "link"),
    [
        (Message("e-mail", "a@example.com", "Hi", "One\nTwo"), "mailto:a@example.com?subject=Hi&body=One%0D%0ATwo"),
        (Message("e-mail", "a@example.com", "50% off & more?", "a+b = c#d"),
         "mailto:a@example.com?subject=50%25%20off%20%26%20more%3F&body=a%2Bb%20%3D%20c%23d"),
        (Message("e-mail", "a@example.com", "Café", "–"), "mailto:a@example.com?subject=Caf%C3%A9&body=%E2%80%93"),
        (Message("e-mail", "x&y?z@example.com", "", "Hi"), "mailto:x%26y%3Fz@example.com?body=Hi"),
        (Message("e-mail", "gorby%kremvax@example.com", "", ""), "mailto:gorby%25kremvax@example.com"),  # RFC 6068 section 6.1
    ],
)
def test_a_mail_link_is_percent_encoded_as_rfc_6068_asks(message: Message, link: str) -> None:
    assert message.mailto == link
    address, _, rest = link.removeprefix("mailto:").partition("?")
    assert unquote(address) == message.to
    parts = dict(part.split("=", 1) for part in rest.split("&") if part)
    assert unquote(parts.get("subject", "")) == message.subject
    assert unquote(parts.get("body", "")).replace("\r\n", "\n") == message.body


@pytest.mark.parametrize("name", playbooks())
def test_every_shipped_message_is_well_formed_and_names_columns_that_there_are(name: str) -> None:
    assert check_messages(load_playbook(name)) == ()


@pytest.mark.parametrize("name", playbooks())
def test_every_shipped_message_is_used_and_can_be_made(name: str) -> None:
    book = load_playbook(name)
    used = {rule.message for rule in book.rules} | ({book.care.message} if book.care else set())
    assert set(book.messages) == used - {None}
    kinds = {column.name: column for column in book.columns}
    for file, text in book.messages.items():
        values: dict[str, Any] = {"Name": "Ng", "signature": "Ana"}
        for field in fields(text):
            if field in kinds:
                values.setdefault(field, date(2026, 11, 19) if kinds[field].type == "date" else "something")
        found = render(read_template(file, text), values)
        assert "Ng" in found.body
        assert max(map(len, found.subject.splitlines()), default=0) < 60
        assert "{{" not in found.body + found.subject


def test_a_message_that_there_is_not_is_told_with_the_nearest() -> None:
    raw = tomllib.loads(BASE + '[rules."R"]\ndue = "on A"\nstep = "x"\nmessage = "helo.md.j2"')
    with pytest.raises(SettingFault) as caught:
        build_playbook(raw, {"hello.md.j2": "Phone\n\nHi"})
    assert caught.value.path == ("rules", "R", "message")
    assert 'Did you mean "hello.md.j2"?' in caught.value.remedy


def test_a_message_may_be_asked_for_without_its_ending() -> None:
    assert message_name(load_playbook(), "recap") == "recap.md.j2"


# ---- Whom a word means ---------------------------------------------------------------------------------------


def people(*names: str) -> Customers:
    columns = (Column("ID"), Column("Name", "name"))
    grid: list[tuple[Cell, ...]] = [("ID", "Name"), *((n, name) for n, name in enumerate(names, 1))]
    table = read_table(grid, source="s", sheet="t", columns=columns, key=("ID",), status=load_playbook().status)
    return see_customers(table, columns, ("ID",), load_playbook().status)


def test_a_customer_is_found_by_key_by_name_and_by_part_of_a_name() -> None:
    table = people("Susan Ortiz", "Rosa Delgado", "Ana Silva")
    assert find_customer(table, "2").exactly == (1,)
    assert find_customer(table, "susan ortiz ").exactly == (0,)
    assert find_customer(table, "Silva").exactly == (2,)


def test_names_that_two_have_give_both_and_a_misspelt_one_is_proposed_never_taken() -> None:
    table = people("Susan Ortiz", "Susan Ortiz", "Susan Meyer", "Ana Silva")
    assert find_customer(table, "Susan Ortiz").exactly == (0, 1)
    assert find_customer(table, "susan").exactly == (0, 1, 2)
    assert find_customer(table, "Anna Sliva") == find_customer(table, "Anna Sliva").__class__((), ("Ana Silva",))
    assert find_customer(table, "Zzyzx") == find_customer(table, "Zzyzx").__class__(())
