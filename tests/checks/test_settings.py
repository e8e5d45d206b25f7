"""sheetsync check and [checks] in the settings: which checks are asked, how they answer, and that the network is left alone."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from typer.testing import CliRunner, Result

from sheetsync.checks import CHECKS
from sheetsync.checks.email import EmailCheck
from sheetsync.cli import app
from sheetsync.lookup import domains_without_mail
from tests.worksheets import Rows, read_cells, write_workbook

ON = ["--today", "2026-11-20"]
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two errors, and three warnings of which two are one household."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "customers.xlsx"
    write_workbook(path, [
        ["Customer no", "Name", "Email", "Phone", "Tier", "Last contact"],
        [1, "John Smith", "john@gmial.com", "+1 503 555-0101", "A", date(2026, 11, 2)],
        [2, "Joan Smith", "joan@@example.com", "+1 503 555-0101", "A", date(2026, 11, 2)],
        [3, "Ng", None, None, "A", date(2027, 11, 2)],
    ])
    return path


def kinds(*arguments: str | Path) -> list[tuple[str, str]]:
    found = json.loads(call("check", *arguments, "--json", *ON).stdout)
    return [(problem["check"], problem["severity"]) for problem in found["problems"]]


def test_check_shows_a_table_by_kind_and_every_problem_with_its_cell(workbook: Path) -> None:
    text = call("check", workbook, *ON).stdout
    for line in ("future          Last contact                    1", "household       Phone                                     2"):
        assert line in text
    assert "F4      error    Ng" in text
    assert "D2      warning  John Smith" in text
    assert max(map(len, text.splitlines())) <= 80


def test_only_and_skip_choose_checks(workbook: Path) -> None:
    everything = [("email", "warning"), ("household", "warning"), ("email", "error"), ("household", "warning"), ("future", "error")]
    assert kinds(workbook) == everything
    assert kinds(workbook, "--only", "household,future") == [one for one in everything if one[0] in ("household", "future")]
    assert kinds(workbook, "--skip", "household", "--skip", "email") == [("future", "error")]
    for option in ("--only", "--skip"):
        result = call("check", workbook, option, "emial")
        assert result.exit_code == 2
        assert 'Did you mean "email"?' in result.stderr


def test_strict_ends_with_7_on_errors_alone(workbook: Path) -> None:
    assert call("check", workbook, "--strict", *ON).exit_code == 7
    assert call("check", workbook, "--strict", "--only", "household", *ON).exit_code == 0
    assert call("check", workbook, "--strict", "--only", "future", *ON).exit_code == 7


def test_json_tells_the_statuses_of_a_sync_whichever_checks_are_asked(workbook: Path) -> None:
    whole, part = (json.loads(call("check", workbook, "--json", *more, *ON).stdout) for more in ([], ["--only", "household"]))
    assert whole["follow_ups"] == part["follow_ups"]
    assert {f["customer"]: f["status"] for f in whole["follow_ups"]}["Ng"] == "Check row"


def test_list_says_what_every_check_looks_for_and_takes() -> None:
    text = " ".join(call("check", "--list").stdout.split())
    for name, check in CHECKS.items():
        assert " ".join((type(check).__doc__ or "").split()) in text
        assert f"[checks.{name}] enabled = true" in text
    assert "domain_lookup = false" in text
    assert " lookup =" not in text


def settings(workbook: Path, text: str) -> None:
    (workbook.parent / "sheetsync.toml").write_text(text, "utf-8")


def test_a_check_can_be_switched_off_made_milder_and_asked_all_the_same(workbook: Path) -> None:
    settings(workbook, '[checks.household]\nenabled = false\n[checks.future]\nseverity = "warning"\n')
    assert kinds(workbook) == [("email", "warning"), ("email", "error"), ("future", "warning")]
    assert kinds(workbook, "--only", "household") == [("household", "warning")] * 2
    statuses = json.loads(call("check", workbook, "--json", *ON).stdout)["statuses"]
    assert "Check row" not in statuses  # a warning blocks nothing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[checks.emial]\nenabled = false", 'Did you mean "email"?'),
        ("[checks.email]\ndomain_lokup = true", 'Did you mean "domain_lookup"?'),
        ("[checks.email]\nlookup = true", "lookup"),
        ('[checks.date]\nseverity = "warning"', '"severity" is not a setting that exists'),
        ('[checks.future]\nseverity = "warnign"', 'Did you mean "warning"?'),
        ("[checks.stored-as-text]\nignore = 7", "ignore"),
        ('[columns."Contract end"]\nafter = "Customer sinc"', 'Did you mean "Customer since"?'),
    ],
)
def test_wrong_settings_are_told_with_the_nearest(workbook: Path, text: str, words: str) -> None:
    settings(workbook, text)
    result = call("check", workbook)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "sheetsync.toml" in result.stderr


def test_problems_shows_errors_first_three_at_most_and_empties_when_mended(workbook: Path) -> None:
    rows: Rows = [["Customer no", "Name", "Email", "Phone", "Tier", "Last contact"],
            [1, "SUSAN  ORTIZ", "susan@gmial.com", "+1 503 555-01", "TBD", date(2027, 1, 1)], [2, "Bo", None, None, None, None],
            [3, "Cy", None, None, None, None]]
    write_workbook(workbook, rows)
    call("sync", workbook, *ON)
    cells = read_cells(workbook)
    text = str(cells[1][cells[0].index("↻ Problems")])
    parts = text.split(" · ")
    assert len(parts) == 4
    assert parts[0].startswith("Last contact: Fri 1 Jan 2027 has not come yet.")
    assert parts[1].startswith("Phone: ")
    assert parts[3] == "and 3 more"
    rows[1] = [1, "Susan Ortiz", "susan@gmail.com", "+1 503 555-0101", "A", date(2026, 11, 1)]
    write_workbook(workbook, [row + cells[number][6:] for number, row in enumerate(rows)])
    call("sync", workbook, *ON)
    problems = cells[0].index("↻ Problems")
    assert all(row[problems:] in ([], [None]) for row in read_cells(workbook)[1:])


def test_nothing_goes_to_the_network_unless_asked(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def lookup(domains: list[str]) -> dict[str, str]:
        asked.append(domains)
        return {"gmial.com": "the domain gmial.com takes no mail"}

    monkeypatch.setattr("sheetsync.lookup.domains_without_mail", lookup)
    call("check", workbook, *ON)
    assert asked == []
    settings(workbook, "[checks.email]\ndomain_lookup = true\n")
    assert call("check", workbook, *ON).exit_code == 0
    assert asked == [["gmial.com"]]


class _Answers(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, socket = self.request
        query = dns.message.from_wire(data)
        question = query.question[0]
        answer: Any = dns.message.make_response(query)
        name = question.name.to_text()
        if name == "dead.example.com.":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif name == "broken.example.com.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif question.rdtype == dns.rdatatype.MX:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "MX", "10 mail.example.com."))
        socket.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def resolver() -> Iterator[dns.resolver.Resolver]:
    """A name server on loopback."""
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = dns.resolver.Resolver(configure=False)
        found.nameservers, found.port, found.lifetime = ["127.0.0.1"], server.server_address[1], 2
        yield found
        server.shutdown()


def test_a_domain_that_takes_no_mail_is_told_and_one_without_answer_is_not(resolver: dns.resolver.Resolver) -> None:
    found = domains_without_mail(["alive.example.com", "broken.example.com", "dead.example.com"], resolver)
    assert found == {"dead.example.com": "the domain dead.example.com takes no mail"}
    assert domains_without_mail([]) == {}


def test_the_email_check_names_the_domain_that_takes_no_mail(workbook: Path) -> None:
    from sheetsync.config import load_playbook
    from sheetsync.core.header import read_table
    from sheetsync.core.validate import validate

    playbook = load_playbook()
    table = read_table([("Name", "Email"), ("Ng", "ng@dead.example.com")], source="c", sheet="s", columns=playbook.columns,
                       key=playbook.key, status=playbook.status)
    check = EmailCheck(domain_lookup=True, lookup=lambda domains: dict.fromkeys(domains, "nobody there"))
    [problem] = validate(table, playbook.columns, playbook.key, playbook.status, [check])[1]
    assert (problem.severity, problem.message) == ("warning", '"ng@dead.example.com" can\'t be reached: nobody there')


@pytest.mark.parametrize("check", CHECKS)
def test_the_readme_names_every_check(check: str) -> None:
    assert f"| `{check}` |" in README


def test_an_error_holds_back_only_the_rules_that_read_its_column_and_a_warning_none(workbook: Path) -> None:
    write_workbook(workbook, [
        ["Customer no", "Name", "Email", "Tier", "Last contact", "Customer since"],
        [1, "Error, and a review due", None, "C", date(2027, 1, 1), date(2025, 11, 12)],
        [2, "Error alone", None, "C", date(2027, 1, 1), None],
        [3, "Warnings", "w@gmial.com", "C", "3 March 2026", None],
        [4, "None", "n@example.com", "C", date(2026, 3, 3), None],
    ])
    found = json.loads(call("check", workbook, "--json", *ON).stdout)
    assert {f["customer"]: f["status"] for f in found["follow_ups"]} == {
        "Error, and a review due": "Due", "Error alone": "Check row", "Warnings": "Overdue", "None": "Overdue"}
    assert {p["row"] for p in found["problems"] if p["severity"] == "warning"} == {4}
