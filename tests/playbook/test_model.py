"""What a playbook may say, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sheetsync.config import load_playbook, load_settings
from sheetsync.core.header import normal
from sheetsync.core.model import BAD, Style
from sheetsync.errors import SettingsError
from sheetsync.playbook.faults import Fault
from sheetsync.resources import playbooks
from tests.playbook.rows import playbook

RULE = '[rules."R"]\ndue = "on A"\nstep = "x"\n'


@pytest.mark.parametrize(
    ("toml", "path", "words"),
    [
        (RULE + "stp = 'x'", "rules R stp", 'Did you mean "step"?'),
        ('[rules."R"]\ndue = "on A"', "rules R step", "missing"),
        (RULE + "priority = 'urgnt'", "rules R priority", 'Did you mean "urgent"?'),
        (RULE + "latest = 'yearly on A'", "rules R", "no single day"),
        (RULE + "lead = 'a week'", "rules R lead", "7 days"),
        (RULE + "when = { '↻ Status' = 'Due' }", "rules R when ↻ Status", "status column"),
        (RULE + "when = { '↻ Whatever' = 'Due' }", "rules R when ↻ Whatever", "status column"),
        ('[rules."R"]\ndue = "on A"\nstep = "Call {{ Nme }}"', "rules R step", 'Did you mean "Name"?'),
        ('[rules."R"]\ndue = "on last-contact"\nstep = "x"', "rules R due", 'Did you mean "Last contact"?'),
        ('[columns.T]\ntype = "text"\n[rules."R"]\ndue = "on T"\nstep = "x"', "rules R due", "not dates"),
        ("[quiet.Q]\nabsolute = true", "quiet Q", "needs when, until or through"),
        ("[quiet.Q]\nuntil = 'A'\nabsolute = true\nexcept = ['urgent']", "quiet Q", "neither at_most nor except"),
        ("[quiet.Q]\nuntil = 'A'\nabsolute = true\nat_most = '1 day after B'", "quiet Q", "neither at_most nor except"),
        ("[quiet.Due]\nuntil = 'A'", "quiet Due", "is a status already"),
        ("[calendar]\nweekend = ['Sunday']", "calendar weekend 0", "sunday"),
        ("[calendar]\nweekend = ['monday','tuesday','wednesday','thursday','friday','saturday','sunday']", "calendar weekend", "no day"),
        ("[calendar]\nclosed = [{ from = 2026-12-24, to = 2026-12-01 }]", "calendar closed 0", "is before"),
        ("[calendar]\ncountry = 'DE'\nsubdivision = 'XX'", "calendar country", "no public holidays"),
        ("[limits]\nmax_per_day = 0", "limits max_per_day", "greater than or equal to 1"),
        ("[status]\nmark = ' '", "status mark", "visible"),
        ("[status]\ncolumns = ['Status', 'Wy']", "status columns", 'Did you mean "Why"?'),
        ("[status]\ncolumns = ['Why']", "status columns", "has to be among"),
        ("[status]\ncolours = { Overdue = 'RED' }", "status colours", "BAD"),
        ("[status]\ncolours = { Overdu = 'BAD' }", "status colours Overdu", 'Did you mean "Overdue"?'),
        ("[status]\nnames = { Overdue = 'Due' }", "status names", "both read"),
        ("[care]\nnote = 'x'", "care when", "missing"),
        ("[care]\nwhen = { '↻ Status' = 'Due' }", "care when", "status column"),
        ("[care]\nwhen = { T = 'yes' }\navoid = 'last open day'", "care avoid", "It can be: last open day of the week."),
        ("[care]\nwhen = { T = 'yes' }\nnote = 'Kindly, {{ Nme }}'", "care note", 'Did you mean "Name"?'),
        ("[care]\nwhen = { T = 'yes' }\nnot = 'x'", "care not", 'Did you mean "note"?'),
        ("[messages]\nsignatur = 'x'", "messages signatur", 'Did you mean "signature"?'),
        ("key = ['Nme']", "key", 'Did you mean "Name"?'),
        ("[columns.X]\ntype = 'dat'", "columns X type", 'Did you mean "date"?'),
        ("[sttus]\nx = 1", "sttus", 'Did you mean "status"?'),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_nearest_right_word(toml: str, path: str, words: str) -> None:
    with pytest.raises(Fault) as caught:
        playbook(toml)
    assert " ".join(caught.value.path) == path
    assert words in f"{caught.value.sentence} {caught.value.remedy}"


def test_colours_and_names_are_the_owners() -> None:
    status = playbook("[status]\nnames = { Overdue = 'Late', Why = 'Reason' }\ncolours = { Soon = 'BAD', Due = '112233/AABBCC' }").status
    assert (status.word("Overdue"), status.header("Why")) == ("Late", "↻ Reason")
    assert (status.style("Soon"), status.style("Due")) == (BAD, Style("112233", "AABBCC"))


def settings(folder: Path, toml: str) -> Any:
    path = folder / "sheetsync.toml"
    path.write_text(toml, "utf-8")
    return load_settings(path)


def test_settings_lie_over_the_playbook(tmp_path: Path) -> None:
    found = settings(tmp_path, """
[columns]
"Last contact" = "Date last spoken"
"Complaint date" = { header = "Complained", order = "dmy" }
[rules."Keep in touch, tier A"]
due = "3 weeks after Last contact"
[rules."Annual review"]
enabled = false
[rules."Birthday card"]
due = "yearly on Birthday"
step = "Send {{ Name }} a card"
[quiet."Paused"]
enabled = false
""").playbook
    columns = {column.name: column for column in found.columns}
    assert columns["Last contact"].header == "Date last spoken"
    complained = columns["Complaint date"]
    assert (complained.header, complained.order, complained.type) == ("Complained", "dmy", "date")
    assert columns["Birthday"].type == "date"
    rules = {rule.name: rule for rule in found.rules}
    assert str(rules["Keep in touch, tier A"].due) == "3 weeks after Last contact"
    assert rules["Keep in touch, tier A"].step == {rule.name: rule for rule in load_playbook().rules}["Keep in touch, tier A"].step
    assert "Annual review" not in rules
    assert "Birthday card" in rules
    assert "Paused" not in [reason.name for reason in found.quiet]


def test_a_when_of_the_settings_takes_the_place_of_the_playbooks(tmp_path: Path) -> None:
    found = settings(tmp_path, '[rules."Keep in touch, tier A"]\nwhen = { City = "Rome" }').playbook
    assert set(next(rule for rule in found.rules if rule.name == "Keep in touch, tier A").when) == {"City"}


def test_a_playbook_of_ones_own_is_found_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nkey = ["Name"]\n[columns.Name]\n[rules]\n', "utf-8")
    assert settings(tmp_path, 'playbook = "mine.toml"').playbook.name == "mine"
    with pytest.raises(SettingsError, match="does not exist"):
        settings(tmp_path, 'playbook = "yours.toml"')


@pytest.mark.parametrize("name", playbooks())
def test_shipped_playbooks_are_whole_and_no_word_means_two_columns(name: str) -> None:
    book = load_playbook(name)
    assert book.name == name
    seen: dict[str, str] = {}
    for column in book.columns:
        for word in (column.name, *column.aliases):
            assert seen.setdefault(normal(word), column.name) == column.name, word
    assert not any("{{" in rule.name or not rule.step for rule in book.rules)
