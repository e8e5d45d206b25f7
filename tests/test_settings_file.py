"""sheetsync.toml as init writes it: every example in it works once its # is deleted, and an owner's own text stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sheetsync.config import load_playbook, load_settings
from sheetsync.errors import SettingsError
from sheetsync.resources import playbooks
from sheetsync.settings_file import Wanted, edited_settings, examples, new_settings, told


def wanted(playbook: str = "home-business", *, is_link: bool = False, **more: object) -> Wanted:
    rule = load_playbook(playbook).rules[-1].name
    kwargs = {"columns": {"Name": "Client"}, "found": ("Email",), "spare": "Last contact",
              "examples": examples(year=2026, is_link=is_link, rule=rule)} | more
    return Wanted("customers.xlsx", "Clients", playbook, **kwargs)  # type: ignore[arg-type]


def blocks(text: str) -> list[list[int]]:
    """The line numbers of settings that are commented out, those of one table together."""
    out: list[list[int]] = []
    for number, line in enumerate(text.splitlines()):
        if re.match(r"#(?! )", line):
            if out and out[-1][-1] == number - 1:
                out[-1].append(number)
            else:
                out.append([number])
    return out


def uncommented(text: str, numbers: list[int]) -> str:
    return "\n".join(line[1:] if number in numbers else line for number, line in enumerate(text.splitlines())) + "\n"


@pytest.mark.parametrize("is_link", [False, True])
@pytest.mark.parametrize("playbook", playbooks())
def test_every_example_is_valid_as_soon_as_it_counts(tmp_path: Path, playbook: str, *, is_link: bool) -> None:
    text = new_settings(wanted(playbook, is_link=is_link))
    path = tmp_path / "sheetsync.toml"
    found = blocks(text)
    assert len(found) >= 9
    for numbers in [*found, [number for block in found for number in block]]:
        path.write_text(uncommented(text, numbers), "utf-8")
        before, after = told(text), told(path.read_text("utf-8"))
        assert after != before
        assert load_settings(path).playbook.name == playbook


def test_a_new_file_says_what_was_found_and_nothing_else() -> None:
    assert told(new_settings(wanted(timezone="America/Chicago"))) == {
        "source": "customers.xlsx", "sheet": "Clients", "playbook": "home-business", "timezone": "America/Chicago",
        "columns": {"Name": "Client"},
    }
    assert told(new_settings(wanted(columns={}, found=(), spare=""))) == {
        "source": "customers.xlsx", "sheet": "Clients", "playbook": "home-business"}


def test_words_with_quotes_and_umlauts_come_back_as_they_are() -> None:
    columns = {"Name": 'Kunde "neu"', "Email": "E\\Mail", "Phone": "Téléphone\t2", "Last contact": {"header": "Zuletzt?", "order": "dmy"}}
    assert told(new_settings(wanted(columns=columns)))["columns"] == columns


OWN = """# My settings, don't touch
source = "customers.xlsx"   # my list

[calendar]   # holidays
country = "US"

# my own words
[columns]
"Email" = "Mail to"   # odd, I know
"Last contact" = { header = "Seen" } # ha
"""


def test_editing_keeps_comments_order_and_everything_that_is_said() -> None:
    text = edited_settings(OWN, wanted(columns={"Phone": "Ring", "Last contact": {"header": "Seen", "order": "dmy"}}), "x")
    for line in OWN.splitlines():
        assert line in text or line.startswith('"Last contact"')
    assert "# ha" in text
    assert told(text) == {
        "source": "customers.xlsx", "calendar": {"country": "US"}, "sheet": "Clients", "playbook": "home-business",
        "columns": {"Email": "Mail to", "Last contact": {"header": "Seen", "order": "dmy"}, "Phone": "Ring"},
    }


def test_editing_what_says_it_all_changes_no_byte() -> None:
    text = OWN.replace("[calendar]", 'sheet = "Clients"\nplaybook = "home-business"\n\n[calendar]').replace("\n", "\r\n")
    assert edited_settings(text, wanted(columns={"Email": "Mail to"}), "x") == text


def test_editing_a_file_without_columns_adds_them_at_its_end() -> None:
    text = edited_settings('[calendar]\ncountry = "US"\n', wanted(), "x")
    assert told(text) == {"calendar": {"country": "US"}, "source": "customers.xlsx", "sheet": "Clients", "playbook": "home-business",
                          "columns": {"Name": "Client"}}


def test_what_is_no_toml_is_told_with_its_file() -> None:
    with pytest.raises(SettingsError, match=r"here\.toml can't be read"):
        edited_settings("source = ", wanted(), "here.toml")
