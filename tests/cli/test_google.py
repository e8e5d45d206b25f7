"""Google Sheets from the command line: signing in, doctor, settings, and the installed program as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from tests.sheets_emulator import Book, Emulator, api_off, token_refused
from tests.worksheets import CUSTOMERS, Rows, write_workbook

ON = ["--today", "2026-11-20"]


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Emulator]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)
    with Emulator() as emulator:
        monkeypatch.setenv("SHEETSYNC_GOOGLE_ENDPOINT", emulator.url)
        yield emulator


@pytest.fixture
def book(google: Emulator) -> Book:
    return google.book("Clients", rows=CUSTOMERS, tab="Customers")


def state() -> Path:
    return Path(os.environ["SHEETSYNC_STATE_DIR"])


# ---- login --------------------------------------------------------------------------------------------------------


def test_login_with_a_key_prints_the_exact_address_and_sync_needs_no_setting_then(google: Emulator, book: Book, tmp_path: Path) -> None:
    key = google.service_account_file(tmp_path)
    result = call("login", key)
    assert result.exit_code == 0, result.output
    assert google.account in result.stdout.splitlines()
    assert "PRIVATE" not in result.output
    assert call("sync", book.link, *ON).exit_code == 0
    assert all(b"PRIVATE KEY" not in path.read_bytes() for path in state().rglob("*") if path.is_file())


def test_login_in_the_browser_keeps_a_sign_in_that_only_its_owner_may_read(
    google: Emulator, book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = google.oauth_client_file(tmp_path)

    class Browser:
        def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
            threading.Thread(target=lambda: urllib.request.urlopen(url).read(), daemon=True).start()
            return True

    monkeypatch.setattr("webbrowser.get", lambda *_: Browser())
    result = call("login", client)
    assert result.exit_code == 0, result.output
    assert "testing mode" in " ".join(result.stdout.split())
    token = state() / "google-token.json"
    assert token.stat().st_mode & 0o777 == 0o600
    kept = json.loads(token.read_text("utf-8"))
    assert not any(secret in result.output for secret in (kept["refresh_token"], kept["client_secret"]))
    assert call("sync", book.link, *ON).exit_code == 0
    assert call("login").exit_code == 0  # again, with the file of the last time


def test_login_says_what_kind_of_file_it_needs(google: Emulator, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"web": {"client_id": "x"}}', "utf-8")
    for name, words in (("other.json", "service account"), ("nowhere.json", "does not exist")):
        result = call("login", name)
        assert result.exit_code == 6
        assert words in result.stderr
    result = call("login")
    assert result.exit_code == 6
    assert "sheetsync login FILE.json" in result.stderr


def test_login_tries_the_key_and_keeps_none_that_google_refuses(google: Emulator, tmp_path: Path) -> None:
    key = google.service_account_file(tmp_path)
    google.fail("TOKEN", token_refused("invalid_grant", "Invalid JWT Signature."), times=9)
    result = call("login", key)
    assert result.exit_code == 6
    assert "no longer valid" in result.stderr
    google.calm()
    assert call("login").exit_code == 6  # nothing was kept


def test_doctor_warns_of_a_key_that_others_may_read(google: Emulator, book: Book, tmp_path: Path) -> None:
    key = google.service_account_file(tmp_path)
    key.chmod(0o644)
    call("login", key)
    result = call("doctor", book.link, *ON)
    assert result.exit_code == 0
    assert "chmod 600" in result.stdout
    key.chmod(0o600)
    assert "chmod 600" not in call("doctor", book.link, *ON).stdout


# ---- doctor -------------------------------------------------------------------------------------------------------


def findings(result: Result) -> dict[str, str]:
    """Check → level, as --json has them."""
    found = json.loads(result.stdout)
    assert found["version"] == 1
    assert found["code"] == result.exit_code
    return {finding["check"]: finding["level"] for finding in found["findings"]}


def test_doctor_finds_nothing_in_the_way_and_writes_nothing(google: Emulator, book: Book, tmp_path: Path) -> None:
    call("login", google.service_account_file(tmp_path))
    before = book.state()
    result = call("doctor", book.link, *ON)
    assert result.exit_code == 0, result.output
    assert f"Signed in as {google.account}" in " ".join(result.stdout.split())
    assert "6 customers; the header stands in row 1" in " ".join(result.stdout.split())
    assert "A sync has nothing in its way." in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert book.state() == before
    assert not any(seen.committed and seen.method == "POST" and ":batchUpdate" in seen.path for seen in google.requests)
    assert findings(call("doctor", book.link, *ON, "--json"))["write"] == "fine"


def test_doctor_says_what_stops_a_sync_of_a_google_sheet(google: Emulator, book: Book, tmp_path: Path) -> None:
    def says(code: int, *words: str) -> None:
        result = call("doctor", book.link, *ON)
        text = " ".join(result.stdout.split())
        assert result.exit_code == code, result.output
        for word in words:
            assert word in text
        real = call("sync", book.link, "--sheet", "Customers", *ON)
        assert real.exit_code == code, "doctor and sync disagree"
        google.calm()

    says(6, "not signed in", "sheetsync login KEY.json")
    call("login", google.service_account_file(tmp_path))
    book.unshare(google.account)
    says(6, f"add {google.account} as Editor")
    book.share(google.account, "viewer")
    says(6, "only a Viewer")
    book.share(google.account)
    google.fail("GET", api_off(), times=2)
    says(6, "switched off", "https://")
    wrong_clock = "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
    google.fail("TOKEN", token_refused("invalid_grant", wrong_clock), times=9)
    says(6, "clock is wrong")
    protected = book.protect("K1:K99")
    says(6, "protected range")
    book.unprotect(protected)
    book.clear("A1:J1")
    says(6, "no header row")


def test_doctor_warns_of_a_sheet_in_another_time_zone(google: Emulator, tmp_path: Path) -> None:
    call("login", google.service_account_file(tmp_path))
    book = google.book("Clients", rows=CUSTOMERS, time_zone="Asia/Tokyo")
    (tmp_path / "sheetsync.toml").write_text(f'source = "{book.link}"\ntimezone = "Europe/Berlin"\n', "utf-8")
    result = call("doctor", *ON)
    assert result.exit_code == 0
    assert 'timezone = "Asia/Tokyo"' in " ".join(result.stdout.split())
    (tmp_path / "sheetsync.toml").write_text(f'source = "{book.link}"\ntimezone = "Asia/Tokyo"\n', "utf-8")
    assert "time zone" not in call("doctor", *ON).stdout


def test_doctor_names_columns_and_the_rules_that_miss_them(google: Emulator, book: Book, tmp_path: Path) -> None:
    call("login", google.service_account_file(tmp_path))
    text = " ".join(call("doctor", book.link, *ON).stdout.split())
    assert 'The rule "Renewal" never fires: the sheet has no column Contract end.' in text


def test_doctor_tells_a_sign_in_that_ends_after_7_days(google: Emulator, book: Book, tmp_path: Path) -> None:
    token = google.authorized_user_file(tmp_path)
    token.write_text(json.dumps({**json.loads(token.read_text("utf-8")), "ends": "2026-11-30"}), "utf-8")
    (tmp_path / "sheetsync.toml").write_text(f'source = "{book.link}"\n[google]\ncredentials = "{token.name}"\n', "utf-8")
    text = " ".join(call("doctor", *ON).stdout.split())
    assert "ends on 2026-11-30" in text
    assert "Publish it" in text


def test_doctor_of_a_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "OneDrive - Bakery"
    folder.mkdir()
    path = folder / "customers.xlsx"
    write_workbook(path, CUSTOMERS)
    before = path.read_bytes(), path.stat().st_mtime_ns
    result = call("doctor", path, *ON)
    assert result.exit_code == 0, result.output
    assert "stands in a folder of OneDrive" in " ".join(result.stdout.split())
    lock = path.with_name("~$customers.xlsx")
    lock.touch()
    assert (result := call("doctor", path, *ON)).exit_code == 3
    assert "open in Excel" in result.stdout
    lock.unlink()
    path.chmod(0o444)
    assert (result := call("doctor", path, *ON)).exit_code == 6
    assert "read-only" in result.stdout
    path.chmod(0o644)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    for name, content, code, words in (("customers.xls", b"x", 6, "no Excel workbook"), ("gone.xlsx", None, 6, "does not exist"),
                                       ("text.xlsx", b"hello", 6, "text")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        result = call("doctor", tmp_path / name, *ON)
        assert (result.exit_code, words in " ".join(result.stdout.split())) == (code, True), result.output
        assert findings(call("doctor", tmp_path / name, *ON, "--json"))
    assert (result := call("doctor")).exit_code == 2
    assert "No workbook was named" in result.stdout


def test_doctor_ends_as_the_guard_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "customers.xlsx"
    many: Rows = [[f"Customer {n}", date(2026, 11, 1)] for n in range(30)]
    write_workbook(path, [["Name", "Last contact"], *many])
    assert call("sync", path, *ON).exit_code == 0
    write_workbook(path, [["Name", "Last contact"], ["Ng", date(2026, 11, 1)]])
    result = call("doctor", path, *ON)
    assert result.exit_code == 5
    assert "1 customers now, 30 at the last run" in " ".join(result.stdout.split())
    write_workbook(path, [["Name", "Email", "E-mail"], ["Ng", "a@example.com", None]])
    assert call("doctor", path, *ON).exit_code == call("sync", path, *ON).exit_code == 6


# ---- settings -----------------------------------------------------------------------------------------------------


def test_source_and_credentials_in_the_settings(google: Emulator, book: Book, tmp_path: Path) -> None:
    google.service_account_file(tmp_path).rename(tmp_path / "my key.json")
    (tmp_path / "sheetsync.toml").write_text(
        f'source = "{book.tab_link("Customers")}"\n[google]\ncredentials = "my key.json"\n', "utf-8")
    assert call("sync", *ON).exit_code == 0
    assert "↻ Status" in book.values()[0]
    assert call("undo").exit_code == 0
    assert book.values()[0] == CUSTOMERS[0]


@pytest.mark.parametrize("command", [
    ["check"], ["today"], ["report"], ["draft", "Susan Ortiz"], ["playbook check"], ["sync", "--dry-run"], ["undo", "--dry-run"],
], ids=" ".join)
def test_commands_that_only_look_ask_for_no_more_than_looking(google: Emulator, book: Book, tmp_path: Path, command: list[str]) -> None:
    call("login", google.service_account_file(tmp_path))
    call("sync", book.link, *ON)
    book.type("E3", date(2026, 11, 19))
    google.forget()
    on = [] if command[0] == "undo" else ON
    assert call(*command[0].split(), book.link, *command[1:], *on).exit_code == 0
    scopes = {scope for seen in google.requests for scope in seen.scopes}
    assert scopes == {"spreadsheets.readonly"}
    assert google.writes == 0


def test_draft_of_a_google_sheet_by_link_and_by_the_settings(google: Emulator, book: Book, tmp_path: Path) -> None:
    call("login", google.service_account_file(tmp_path))
    google.forget()
    found = call("draft", book.tab_link("Customers"), "Susan", "Ortiz", *ON)
    assert found.stdout.startswith("Phone script\n\nHello Susan Ortiz, this is")
    assert (google.reads, google.writes) == (2, 0)  # one turns the link's gid into a tab
    (tmp_path / "sheetsync.toml").write_text(f'source = "{book.tab_link("Customers")}"\n[messages]\nsignature = "Maya"\n', "utf-8")
    google.forget()
    letter = json.loads(call("draft", "Kwame", "--json", *ON).stdout)
    assert (letter["kind"], letter["to"]) == ("e-mail", "kwame@example.com")
    assert "Maya" in letter["body"]
    assert "subject=" in letter["mailto"]
    assert (google.reads, google.writes) == (1, 0)
    nobody = call("draft", "Suzan Ortis", *ON)
    assert nobody.exit_code == 6
    assert "Did you mean Susan Ortiz?" in nobody.output


def test_playbook_check_of_a_google_sheet_reads_the_rules_worksheet_along(google: Emulator, book: Book, tmp_path: Path) -> None:
    call("login", google.service_account_file(tmp_path))
    before = book.state()
    own = json.loads(call("playbook", "check", book.tab_link("Customers"), "--json", *ON).stdout)
    assert (own["source"], own["sheet"], own["rows"], own["origins"]["rules"]) == ("Clients", "Customers", 6, None)
    assert len(own["samples"]) == 5
    book.add_tab("Cadences", [["Rule", "Due", "Next step"], ["Keep in touch", "1 month after Last contact", "Call {{ Name }}"],
                              ["Stock", "on Delivery", "Tell {{ Name }}"]])
    faulty = call("playbook", "check", book.tab_link("Customers"), *ON)
    assert faulty.exit_code == 2
    assert 'Clients, worksheet "Cadences", row 3, column Due (B3): there is no column "Delivery"' in " ".join(faulty.output.split())
    book.tab("Cadences").type("B3", "yearly on Last contact")
    google.forget()
    text = " ".join(call("playbook", "check", book.tab_link("Customers"), *ON).stdout.split())
    assert 'Rules: all of them from the worksheet "Cadences" of Clients' in text
    assert "2 rules of 2 can fire here." in text
    assert (google.reads, google.writes) == (1, 0)
    assert book.state() == before


def test_report_of_a_google_sheet_counts_what_syncs_and_log_entries_say(google: Emulator, tmp_path: Path) -> None:
    rows: Rows = [[*row, None, None] for row in CUSTOMERS]
    rows[0][10:] = ["Log", "Complaint called"]
    book = google.book("Clients", rows=rows, tab="Customers")
    call("login", google.service_account_file(tmp_path))
    link = book.tab_link("Customers")
    empty = call("report", link, *ON)
    assert empty.exit_code == 0, empty.output
    assert call("sync", link, *ON).exit_code == 0
    book.type("K2", "called: sorted out")
    assert call("sync", link, "--today", "2026-11-23").exit_code == 0
    assert (book.value("K2"), book.value("L2")) == (None, date(2026, 11, 23))
    google.forget()
    found = json.loads(call("report", link, "--today", "2026-11-24", "--json").stdout)
    assert (google.reads, google.writes) == (1, 0)
    assert found["source"] == "Clients"
    [called] = [rule for rule in found["rules"] if rule["rule"] == "Complaint: phone first"]
    assert (called["fell_due"], called["in_time"], called["late"], called["open"]) == (1, 1, 0, 0)
    text = call("report", link, "--today", "2026-11-24").stdout
    assert "Complaint: phone first" in text
    assert max(map(len, text.splitlines())) <= 80


def test_forgetting_a_customer_takes_what_a_run_that_was_cut_off_left_behind_too(google: Emulator, book: Book, tmp_path: Path) -> None:
    call("login", google.service_account_file(tmp_path))
    link = book.tab_link("Customers")
    assert call("sync", link, *ON).exit_code == 0
    left = state() / f"google-unfinished-{book.link.split('/d/')[1].partition('/')[0]}.0.gz"
    other = state() / "google-unfinished-another.0.gz"
    for path in (left, other):
        path.write_bytes(b"Susan Ortiz")
    result = call("history", link, "--forget", "Susan Ortiz", "--yes")
    assert result.exit_code == 0, result.output
    assert not left.exists()
    assert other.exists()


def test_help_does_not_load_google() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys\nfrom sheetsync.cli import app\nfrom typer.testing import CliRunner\n"
         "CliRunner().invoke(app, ['--help'])\n"
         "print([name for name in sys.modules if name.split('.')[0] in ('gspread', 'google', 'requests')])"],
        capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# ---- the installed program, as a process -----------------------------------------------------------------------------


def test_a_key_a_sheet_and_the_installed_program_end_to_end(google: Emulator, tmp_path: Path) -> None:
    book = google.book("Clients", rows=CUSTOMERS, tab="Customers")
    key = google.service_account_file(tmp_path)
    program = Path(sys.executable).with_name("sheetsync.exe" if os.name == "nt" else "sheetsync")
    environment = {**os.environ, "GOOGLE_APPLICATION_CREDENTIALS": str(key)}

    def run(*arguments: str) -> str:
        google.forget()
        done = subprocess.run([str(program), *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "PRIVATE" not in done.stdout + done.stderr
        return done.stdout

    def requests() -> list[str]:
        return [seen.method for seen in google.requests if seen.method in ("GET", "POST") and "/v4/" in seen.path]

    link = book.tab_link("Customers")
    assert "Written: 27 cells" in run("sync", link, *ON)
    assert requests() == ["GET", "GET", "POST"]  # the first one looks up which tab the link means
    first = book.values()
    assert "Nothing has changed" in run("sync", link, *ON)
    assert requests() == ["GET"]
    book.type("E3", date(2026, 11, 19))  # Kwame was spoken to
    assert "would be written" in run("sync", link, "--dry-run", *ON)
    assert requests() == ["GET"]
    assert {scope for seen in google.requests for scope in seen.scopes} == {"spreadsheets.readonly"}
    assert "Written: " in run("sync", link, *ON)
    assert requests() == ["GET", "POST"]
    assert book.values()[2][10] == "Scheduled"
    assert "taken back" in run("undo", link)
    book.type("E3", CUSTOMERS[2][4])
    assert book.values() == first
    assert "taken back" in run("undo", link)
    assert book.values()[0] == CUSTOMERS[0]
