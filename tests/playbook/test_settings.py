"""The owner's sheetsync.toml over a playbook (DESIGN.md section 9, PLAYBOOK.md sections 2 and 3)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sheetsync.config import Settings, load_settings
from sheetsync.core.header import normal, read_table
from sheetsync.core.model import BAD, GOOD, FollowUp, Style
from sheetsync.core.validate import see_customers
from sheetsync.errors import ExitCode, SettingsError
from sheetsync.playbook.engine import follow_ups
from tests.tables import read_table_text

PLAYBOOK = """
name = "mine"
key = ["Name"]
[columns.Name]
[columns."Last contact"]
type = "date"
aliases = ["Last spoken"]
[columns.Tier]
type = "choice"
choices = ["Gold", "Silver"]
[rules."Keep in touch"]
when = { Tier = "Gold" }
due = "1 month after Last contact"
latest = "2 months after Last contact"
step = "Call {{ Name }}"
[quiet."Closed"]
when = { Stage = "closed" }
[quiet."Paused"]
until = "Paused until"
[limits]
lead = "7 days"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.toml").write_text(PLAYBOOK, "utf-8")
    return tmp_path


def load(folder: Path, toml: str) -> Settings:
    path = folder / "sheetsync.toml"
    path.write_text('playbook = "mine.toml"\n' + toml, "utf-8")
    return load_settings(path)


def refused(folder: Path, toml: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(folder, toml)
    assert caught.value.code is ExitCode.SETTINGS
    return str(caught.value)


def shown(settings: Settings, text: str, today: str = "2026-11-20") -> list[FollowUp]:
    book = settings.playbook
    grid = [tuple(row) for row in read_table_text(text)]
    table = read_table(grid, source="s", sheet="t", columns=book.columns, key=book.key, status=book.status)
    customers = see_customers(table, book.columns, book.key, book.status)
    return list(follow_ups(customers, book, date.fromisoformat(today), ()))


# ---- [columns] -----------------------------------------------------------------------------------------------


def test_a_header_of_the_owners_wins_over_name_and_alias(folder: Path) -> None:
    settings = load(folder, '[columns]\n"Last contact" = "Date last spoken"')
    table = "Name | Last contact | Last spoken | Date last spoken | Tier\nNg | 2020-01-01 | 2020-01-01 | 2026-10-20 | Gold"
    [found] = shown(settings, table)
    assert str(found.due) == "2026-11-20"


def test_the_owners_header_matches_ignoring_case_spaces_and_punctuation(folder: Path) -> None:
    settings = load(folder, '[columns]\n"Last contact" = "Date last spoken"')
    [found] = shown(settings, "Name | date-last-spoken: | Tier\nNg | 2026-10-20 | Gold")
    assert str(found.due) == "2026-11-20"


@pytest.mark.parametrize(("order", "due"), [("dmy", "2026-11-03"), ("mdy", "2026-04-10")])
def test_an_order_that_is_declared_reads_ambiguous_dates(folder: Path, order: str, due: str) -> None:
    settings = load(folder, f'[columns]\n"Last contact" = {{ order = "{order}" }}')
    [found] = shown(settings, 'Name | Last spoken | Tier\nNg | "03/10/2026" | Gold')
    assert str(found.due) == due


def test_without_a_declared_order_an_ambiguous_date_is_shown_and_not_read(folder: Path) -> None:
    [found] = shown(load(folder, ""), 'Name | Last spoken | Tier\nNg | "03/10/2026" | Gold')
    assert (found.status, found.due) == ("Check row", None)


def test_choices_and_types_may_be_the_owners(folder: Path) -> None:
    settings = load(folder, '[columns.Tier]\nchoices = ["A", "B"]\n[rules."Keep in touch"]\nwhen = { Tier = "A" }')
    [found] = shown(settings, "Name | Last contact | Tier\nNg | 2026-10-20 | a")
    assert found.status == "Due"


def test_a_column_that_the_playbook_lacks_may_be_declared_for_a_rule(folder: Path) -> None:
    settings = load(folder, '[columns.Deposit]\ntype = "money"\n[rules."Keep in touch"]\nwhen = { Deposit = ">100" }')
    table = 'Name | Last contact | Deposit\nNg | 2026-10-20 | "1,200.50"\nLee | 2026-10-20 | 5'
    assert [found.status for found in shown(settings, table)] == ["Due", "No rule"]


def test_a_column_that_only_a_rule_names_is_one_of_the_sheets(folder: Path) -> None:
    settings = load(folder, '[rules."Card"]\ndue = "on Card day"\nstep = "Send"\nwhen = { City = "Rome" }')
    table = "Name | Card day | City\nNg | 2026-11-20 | rome\nLee | 2026-11-20 | Oslo"
    assert [found.status for found in shown(settings, table)] == ["Due", "No rule"]


def test_a_misspelt_column_of_a_mapping_is_refused_with_the_nearest(folder: Path) -> None:
    assert '"Last contact"' in refused(folder, '[columns]\n"Last contct" = "Date last spoken"')


def test_a_column_that_only_a_rule_names_may_be_mapped_however_like_another_it_is(folder: Path) -> None:
    settings = load(folder, """
[columns]
"Last contact 2" = "Second call"
[rules."Twice"]
due = "on Last contact 2"
step = "x"
""")
    assert [found.status for found in shown(settings, "Name | Tier | Second call\nNg | Gold | 2026-11-20")] == ["Due"]


def test_a_mapping_onto_a_status_column_is_refused(folder: Path) -> None:
    assert "status column" in refused(folder, '[columns]\n"Last contact" = "↻ Next follow-up"')


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[columns]\n"Last contact" = ""', "blank"),
        ('[columns]\n"Last contact" = 5', "Last contact"),
        ('[columns."Last contact"]\nordr = "dmy"', '"order"'),
        ('[columns."Last contact"]\norder = "dym"', '"dmy"'),
        ('[columns."Last contact"]\ntype = "dates"', '"date"'),
    ],
)
def test_a_wrong_column_setting_is_refused_with_its_place(folder: Path, toml: str, words: str) -> None:
    message = refused(folder, toml)
    assert words in message
    assert "sheetsync.toml" in message
    assert "columns" in message
    assert '"Last contact"' in message


# ---- [rules] and [quiet] -------------------------------------------------------------------------------------


def test_a_rule_is_changed_where_the_owner_says_so_and_nowhere_else(folder: Path) -> None:
    [before] = load(folder, "").playbook.rules
    [after] = load(folder, '[rules."Keep in touch"]\ndue = "3 weeks after Last contact"').playbook.rules
    assert str(after.due) == "3 weeks after Last contact"
    assert (after.step, after.when, after.latest, after.lead) == (before.step, before.when, before.latest, before.lead)


def test_a_rule_that_is_disabled_speaks_of_no_row(folder: Path) -> None:
    settings = load(folder, '[rules."Keep in touch"]\nenabled = false')
    assert [found.status for found in shown(settings, "Name | Last contact | Tier\nNg | 2026-01-05 | Gold")] == ["No rule"]


def test_a_quiet_reason_that_is_disabled_never_holds(folder: Path) -> None:
    table = "Name | Last contact | Tier | Paused until\nNg | 2026-01-05 | Gold | 2027-01-01"
    assert [found.status for found in shown(load(folder, ""), table)] == ["Paused"]
    assert [found.status for found in shown(load(folder, '[quiet."Paused"]\nenabled = false'), table)] == ["Overdue"]


def test_rules_of_the_owners_stand_behind_the_playbooks(folder: Path) -> None:
    settings = load(folder, '[rules."Mine"]\ndue = "on Last contact"\nstep = "x"')
    assert [rule.name for rule in settings.playbook.rules] == ["Keep in touch", "Mine"]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[rules."Keep in tuch"]\nenabled = false', '"Keep in touch"'),
        ('[quiet."Pausd"]\nenabled = false', '"Paused"'),
        ('[rules."Keep in touch"]\ndue = "1 mnth after Last contact"', '"1 month after Last contact"'),
        ('[rules."Keep in touch"]\nwhen = { Tier = "=>5" }', '">=5"'),
        ('[rules."Keep in touch"]\nwhen = { "↻ Status" = "Due" }', "status column"),
        ('[rules."Keep in touch"]\ndue = "on ↻ Next follow-up"', "status column"),
        ('[rules."Keep in touch"]\nlatest = "on ↻ Next follow-up"', "status column"),
        ('[rules."Keep in touch"]\ndone = "↻ Next follow-up"', "status column"),
        ('[quiet."Paused"]\nuntil = "↻ Next follow-up"', "status column"),
        ('[quiet."Closed"]\nwhen = { "↻ Why" = "<>" }', "status column"),
        ('[quiet."Closed"]\nat_most = "1 week after ↻ Next follow-up"', "status column"),
        ('[rules."Keep in touch"]\nstep = "Call {{ Nam }}"', '"Name"'),
        ('[rules."Keep in touch"]\ndue = "on Tier"', "not dates"),
        ('[rules."Keep in touch"]\ndone = "Tier"', "not dates"),
        ('[quiet."Paused"]\nuntil = "Tier"', "not dates"),
    ],
)
def test_a_wrong_rule_or_reason_is_refused_with_its_place(folder: Path, toml: str, words: str) -> None:
    message = refused(folder, toml)
    assert words in message
    assert "sheetsync.toml, [" in message
    assert toml.split('"')[1] in message  # the rule's or reason's name


def test_a_status_column_under_another_mark_is_still_no_column_for_a_rule(folder: Path) -> None:
    assert "status column" in refused(folder, '[status]\nmark = "# "\n[rules."Keep in touch"]\nwhen = { "# Status" = "Due" }')


def test_what_is_wrong_in_the_playbook_itself_is_said_of_its_own_file(folder: Path) -> None:
    (folder / "mine.toml").write_text(PLAYBOOK.replace("1 month after", "1 mnth after"), "utf-8")
    message = refused(folder, '[limits]\nlead = "3 days"')
    assert "mine.toml" in message
    assert "sheetsync.toml" not in message


# ---- Unknown keys --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "right"),
    [
        ("shete = 'x'", "sheet"), ("[rule.x]\na = 1", "rules"), ("[limits]\nmin_gp = '1 day'", "min_gap"),
        ("[calendar]\nclose = []", "closed"),
        ("[calendar]\nclosed = [{ from = 2026-01-01, too = 2026-01-02 }]", "to"), ("[status]\ncolors = {}", "colours"),
        ('[rules."Keep in touch"]\nprioriti = "urgent"', "priority"), ('[quiet."Closed"]\nexept = ["urgent"]', "except"),
        ('[quiet."Closed"]\natmost = "1 day after Last contact"', "at_most"), ("[excel]\nwrite_protectd = true", "write_protected"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(folder: Path, toml: str, right: str) -> None:
    assert f'"{right}"' in refused(folder, toml)


# ---- [status] ------------------------------------------------------------------------------------------------


def test_names_colours_mark_and_columns_are_the_owners(folder: Path) -> None:
    status = load(folder, """
[status]
mark = "» "
columns = ["Next step", "Status"]
names = { Overdue = "Late", Paused = "On hold", "Next step" = "What next" }
colours = { Overdue = "bad", Paused = "good", Due = "ffc7ce/9c0006" }
""").playbook.status
    assert status.headers == ("» Status", "» What next")
    assert [status.word(word) for word in ("Overdue", "Paused", "Due")] == ["Late", "On hold", "Due"]
    assert [status.style(word) for word in ("Overdue", "Paused", "Due")] == [BAD, GOOD, Style("FFC7CE", "9C0006")]


@pytest.mark.parametrize("mark", ["↻ ", "#", "» ", "↻↻ ", "my ", "↻  ", "↻ \u00a0"])
def test_a_mark_that_is_let_through_is_found_again_in_the_header_as_read(folder: Path, mark: str) -> None:
    """Headers are read with their spaces folded; a mark that can't be found again would make new columns every night."""
    try:
        settings = load(folder, f'[status]\nmark = "{mark}"')
    except SettingsError:
        return
    book = settings.playbook
    grid = [("Name", "Tier", *book.status.headers), ("Ng", "Gold", *[None] * 5)]
    table = read_table(grid, source="s", sheet="t", columns=book.columns, key=book.key, status=book.status)
    assert [book.status.is_ours(header) for header in table.header] == [False, False] + [True] * 5


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('mark = ""', "mark"), ('mark = "  "', "mark"), ('columns = ["Status", "Status"]', "once"), ('columns = ["Statuss"]', '"Status"'),
        ("columns = []", '"Status"'), ('names = { Overdu = "Late" }', '"Overdue"'), ('names = { Overdue = "" }', "blank"),
        ('names = { Overdue = "Paused" }', "Paused"), ('names = { Overdue = "X", Due = "X" }', "alike"),
        ('names = { Why = "Status" }', "header"), ('colours = { Pausd = "BAD" }', '"Paused"'), ('colours = { Due = "GOD" }', '"GOOD"'),
        ('colours = { Due = "FFC7CE" }', "FFC7CE/9C0006"), ('colours = { Due = "FFC7CG/9C0006" }', "no colour"),
    ],
)
def test_a_wrong_status_setting_is_refused(folder: Path, toml: str, words: str) -> None:
    assert words in refused(folder, "[status]\n" + toml)


def test_a_quiet_reason_needs_a_visible_name_since_it_is_the_rows_status(folder: Path) -> None:
    for name in ("", " "):
        refused(folder, f'[quiet."{name}"]\nuntil = "Paused until"')


def test_a_quiet_reason_may_not_be_called_like_another_status_is_named(folder: Path) -> None:
    assert "Paused" in refused(folder, '[status]\nnames = { Closed = "Paused" }')


# ---- The rest ------------------------------------------------------------------------------------------------


def test_calendar_and_limits_are_the_owners(folder: Path) -> None:
    book = load(folder, """
[calendar]
weekend = ["friday", "saturday"]
country = "US"
closed = [{ from = 2026-12-28, to = 2026-12-31 }]
open = [2026-11-27]
[limits]
min_gap = "3 days"
max_per_day = 8
""").playbook
    days = ["2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29", "2026-12-28", "2026-12-31"]
    assert [book.calendar.is_open(date.fromisoformat(day)) for day in days] == [False, True, False, True, False, False]
    assert (str(book.min_gap), book.max_per_day) == ("3 days", 8)
    assert str(book.rules[0].lead) == "7 days"  # the playbook's own limits stay where nothing is said


@pytest.mark.parametrize(
    "toml", ["[calendar]\nweekend = ['sundays']", "[limits]\nlead = 7", "[limits]\nmax_per_day = 'eight'", "[limits]\nmin_gap = '-1 days'"]
)
def test_a_wrong_calendar_or_limit_is_refused(folder: Path, toml: str) -> None:
    assert "sheetsync.toml" in refused(folder, toml)


@pytest.mark.parametrize(
    "toml",
    ['[columns]\n"Last contact" = 5', '[rules]\n"Keep in touch" = "off"', "[quiet]\nPaused = false", '[calendar]\nclosed = ["Christmas"]'],
)
def test_a_refusal_names_no_class_of_the_program(folder: Path, toml: str) -> None:
    assert "Spec" not in refused(folder, toml)


def test_a_misspelt_playbook_is_refused_with_the_nearest(folder: Path) -> None:
    (folder / "sheetsync.toml").write_text('playbook = "home-busines"', "utf-8")
    with pytest.raises(SettingsError, match='"home-business"'):
        load_settings(folder / "sheetsync.toml")


def test_the_header_that_a_message_proposes_can_be_written_down_as_proposed(folder: Path) -> None:
    settings = load(folder, '[columns]\n"Last contact" = "Lst contact"')
    columns = {column.name: column for column in settings.playbook.columns}
    assert normal(columns["Last contact"].header or "") == normal("Lst contact")


# ---- [care], [messages] --------------------------------------------------------------------------------------


def test_care_may_be_changed_in_part_or_switched_off(tmp_path: Path) -> None:
    path = tmp_path / "sheetsync.toml"
    path.write_text('[care]\nnote = "Kindly"\nwhen = { Stage = "Difficult" }\n', "utf-8")
    care = load_settings(path).playbook.care
    assert care is not None
    assert (care.note, list(care.when), care.spare_week_end, care.message) == ("Kindly", ["Stage"], True, "with-care.md.j2")
    path.write_text("[care]\nenabled = false\n", "utf-8")
    assert load_settings(path).playbook.care is None


def test_messages_beside_the_settings_go_before_the_shipped_ones_whatever_the_playbook(tmp_path: Path) -> None:
    path = tmp_path / "sheetsync.toml"
    path.write_text('[messages]\nsignature = "Ana"\n', "utf-8")
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "keep-in-touch.md.j2").write_text("Phone\n\nMine\n", "utf-8")
    for name in (None, "services"):
        book = load_settings(path, playbook=name).playbook
        assert (book.messages["keep-in-touch.md.j2"], book.signature) == ("Phone\n\nMine\n", "Ana")
        assert len(book.messages) > 5


def test_a_rule_that_names_a_message_that_there_is_not_is_told_in_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "sheetsync.toml"
    path.write_text('[rules."Renewal"]\nmessage = "renewl.md.j2"\n', "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert str(caught.value) == (f'{path}, [rules.Renewal] message: there is no message "renewl.md.j2". '
                                 'Did you mean "renewal.md.j2"?')
