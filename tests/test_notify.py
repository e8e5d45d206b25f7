"""Messages as they arrive: a real mail server on loopback, and servers that refuse, hang or want another password."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sheetsync.cli import app
from sheetsync.config import Settings, load_settings, notify_of
from sheetsync.core.model import Message, Unsent
from sheetsync.deliver import kind_of_notifier, to_notifier
from sheetsync.errors import SettingsError
from tests.mail_server import Mailbox, free_port, mail_server, silent_server
from tests.worksheets import CUSTOMERS, write_workbook

MESSAGE = Message("3 overdue: Bäckerei.xlsx", "Zöe anrufen\n", "<!doctype html><title>x</title><div>Zöe</div><div>anrufen</div>")
ON = ["--today", "2026-11-20"]


def mailto(port: int, *, login: str = "", more: str = "") -> str:
    return f"mailto://{login}localhost:{port}?smtp=127.0.0.1&from=sheetsync@example.com&to=owner@example.com{more}"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a workbook; nobody waits between two tries to send."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sheetsync.unattended._POST_AGAIN", 0.0)
    write_workbook(tmp_path / "Kunden Bäckerei.xlsx", CUSTOMERS)
    return tmp_path


def settings(folder: Path, *urls: str, more: str = "") -> Path:
    path = folder / "sheetsync.toml"
    listed = ", ".join(f'"{url}"' for url in urls)
    path.write_text(f'source = "Kunden Bäckerei.xlsx"\n{more}\n[notify]\nurls = [{listed}]\n', "utf-8")
    return path


def log() -> str:
    return (Path(os.environ["SHEETSYNC_STATE_DIR"]) / "logs" / "unattended.log").read_text("utf-8")


def everything_kept() -> str:
    """All that is kept in the state folder, as text."""
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in Path(os.environ["SHEETSYNC_STATE_DIR"]).rglob("*")
                   if path.is_file())


# ---- The message ----------------------------------------------------------------------------------------------


def test_a_digest_arrives_as_a_mail_of_text_and_html(folder: Path) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        settings(folder, mailto(port))
        result = call("sync", *ON, "--unattended")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    [mail] = box.mails
    assert mail["Subject"] == "1 overdue, 1 due today, 1 never contacted, 2 new problems: Kunden Bäckerei.xlsx"
    assert mail["To"] == "owner@example.com"
    assert mail.get_content_type() == "multipart/alternative"
    plain, rich = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert rich is not None
    text = plain.get_content().replace("\r\n", "\n")
    assert text.splitlines()[0] == "Fri 20 Nov 2026 · Kunden Bäckerei.xlsx · Customers · 6 customers"
    assert "\n\nOverdue (1)\nKwame Asante, " in text
    assert "\n\nDue (1)\n! Susan Ortiz, Fri 20 Nov 2026\nPhone Susan Ortiz: apologise, agree the fix\n" in text
    assert "李小龙" not in text
    assert 'href="mailto:susan%40example.com"' in rich.get_content()
    assert "; told" in log()


def test_nothing_is_sent_where_nothing_is_new(folder: Path) -> None:
    write_workbook(folder / "Kunden Bäckerei.xlsx",
                   [CUSTOMERS[0], [1, "Susan Ortiz", "susan@example.com", "A", date(2026, 11, 20), None, None, None, "yes", None]])
    box = Mailbox()
    with mail_server(box) as port:
        settings(folder, mailto(port))
        assert call("sync", *ON, "--unattended").exit_code == 0
        assert box.mails == []
        path = settings(folder, mailto(port))
        path.write_text(path.read_text("utf-8") + 'when = "always"\n', "utf-8")
        assert call("sync", *ON, "--unattended").exit_code == 0
    assert [mail["Subject"] for mail in box.mails] == ["Nobody is due: Kunden Bäckerei.xlsx"]


def test_a_run_by_hand_and_a_dry_run_send_nothing(folder: Path) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        settings(folder, mailto(port))
        assert call("sync", *ON, "--unattended", "--dry-run").exit_code == 0
        assert call("sync", *ON).exit_code == 0
    assert box.mails == []
    assert not (Path(os.environ["SHEETSYNC_STATE_DIR"]) / "notices").exists()


def test_a_failure_is_mailed_once_and_its_end_once(folder: Path) -> None:
    box, workbook = Mailbox(), folder / "Kunden Bäckerei.xlsx"
    with mail_server(box) as port:
        settings(folder, mailto(port))
        workbook.rename(folder / "away.xlsx")
        for _ in range(2):
            assert call("sync", *ON, "--unattended").exit_code == 6
        assert call("sync", *ON).exit_code == 6  # a run by hand tells nobody
        (folder / "away.xlsx").rename(workbook)
        for _ in range(2):
            assert call("sync", *ON, "--unattended").exit_code == 0
    subjects = [mail["Subject"] for mail in box.mails]
    assert subjects[0] == "Sync failed: Kunden Bäckerei.xlsx"
    assert len(subjects) == 3
    first, second, third = (body.get_content() for mail in box.mails if (body := mail.get_body(("plain",))))
    assert "Kunden Bäckerei.xlsx does not exist." in first
    assert second.startswith("The sync works again. It had failed since ")
    assert "works again" not in third


def test_broken_settings_are_told_as_well(folder: Path) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        settings(folder, mailto(port), more='playbok = "minimal"')
        result = call("sync", *ON, "--unattended")
        assert result.exit_code == 2
        settings(folder, mailto(port))
        assert call("sync", *ON, "--unattended").exit_code == 0
    assert [mail["Subject"].partition(":")[0] for mail in box.mails] == [
        "Sync failed", "1 overdue, 1 due today, 1 never contacted, 2 new problems"]
    body = box.mails[0].get_body(("plain",))
    assert body is not None
    assert '"playbok" is not a setting that exists.' in body.get_content()


def test_a_bug_is_told_and_ends_as_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Mailbox()

    def broken(*args: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(import_module("sheetsync.sync"), "sync", broken)
    with mail_server(box) as port:
        settings(folder, mailto(port))
        assert call("sync", *ON, "--unattended").exit_code == 1
    body = box.mails[0].get_body(("plain",))
    assert body is not None
    assert "ZeroDivisionError" in body.get_content()


def test_a_try_after_midnight_is_one_of_the_next_day(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [datetime(2026, 11, 20, 23, 59, tzinfo=UTC)]
    lock = folder / "~$Kunden Bäckerei.xlsx"
    lock.touch()

    def sleep(seconds: float) -> None:
        now[0] += timedelta(minutes=2)
        lock.unlink()

    monkeypatch.setattr(Settings, "now", lambda self: now[0])
    monkeypatch.setattr("time.sleep", sleep)
    settings(folder)
    result = call("sync", "--unattended")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2026-11-21 Kunden Bäckerei.xlsx: 6 customers")


def test_the_program_says_one_line_and_a_killed_one_blocks_nobody(folder: Path) -> None:
    box = Mailbox()
    workbook = str((folder / "Kunden Bäckerei.xlsx").resolve())
    holding = ("import sys, time\nfrom sheetsync.config import one_at_a_time\n"
               "with one_at_a_time(sys.argv[1]):\n    print('held', flush=True)\n    time.sleep(60)\n")
    command = [sys.executable, "-c", "from sheetsync.cli import main; main()", "sync", *ON, "--unattended"]
    with (mail_server(box, password="geheim") as port,
          subprocess.Popen([sys.executable, "-c", holding, workbook], stdout=subprocess.PIPE) as holder):
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        settings(folder, mailto(port, login="anna:${MAIL_PASSWORD}@"))
        environment = {**os.environ, "MAIL_PASSWORD": "geheim"}
        second = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert second.returncode == 3
        assert "Another unattended run is at work" in second.stderr
        holder.kill()
        holder.wait()
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2026-11-20 Kunden Bäckerei.xlsx: 6 customers, 24 cells written; no earlier run to compare with")
    assert "not run  Another unattended run" in log()
    assert len(box.mails) == 1
    state = Path(os.environ["SHEETSYNC_STATE_DIR"])
    for private in ("locks", "logs", "notices"):
        assert (state / private).stat().st_mode & 0o077 == 0


# ---- Servers that behave badly --------------------------------------------------------------------------------


def test_a_password_that_is_right_or_wrong() -> None:
    box = Mailbox()
    with mail_server(box, password="ge/h@im 1") as port:
        assert to_notifier(MESSAGE, mailto(port, login="anna:ge%2Fh%40im%201@")) is None
        assert to_notifier(MESSAGE, mailto(port, login="anna:%C3%BC@")) == Unsent(
            "E-Mail: its user name or password holds a character that it can't take.")
        assert to_notifier(MESSAGE, mailto(port, login="anna:falsch@")) == Unsent(
            "E-Mail: the server refuses the user name or password.")
        assert to_notifier(MESSAGE, mailto(port)) is not None
    assert len(box.mails) == 1
    with mail_server(box) as port:
        assert to_notifier(MESSAGE, mailto(port, login="anna:x@")) == Unsent(
            "E-Mail: the server takes no password that way (mailtos:// may be meant).")


@pytest.mark.parametrize("answer", ["550 No such user", "451 Try later", "554 Spam", "421 Closing"])
def test_a_server_that_refuses_the_mail(answer: str) -> None:
    with mail_server(Mailbox(answer)) as port:
        assert to_notifier(MESSAGE, mailto(port)) == Unsent("E-Mail: its server does not take the message.", may_pass=True)


def test_no_server_at_all() -> None:
    assert to_notifier(MESSAGE, mailto(free_port())) == Unsent("E-Mail: its server can't be reached.", may_pass=True)
    assert to_notifier(MESSAGE, f"json://127.0.0.1:{free_port()}/secret-path") == Unsent(
        "JSON: its server can't be reached.", may_pass=True)


def test_a_server_without_a_safe_connection() -> None:
    with mail_server(Mailbox()) as port:
        url = mailto(port).replace("mailto:", "mailtos:")
        assert to_notifier(MESSAGE, url) == Unsent("E-Mail: no safe connection to its server can be made.", may_pass=True)


def test_a_server_that_hangs_keeps_no_program_and_says_nothing_later() -> None:
    sending = ("import sys\nfrom sheetsync.core.model import Message\nfrom sheetsync.deliver import to_notifier\n"
               "print(to_notifier(Message('s', 't', 'h'), sys.argv[1], longest=0.3).sentence, flush=True)\nsys.stdin.read()\n")
    with silent_server(dribble=True) as port:
        program = subprocess.Popen([sys.executable, "-W", "error", "-c", sending, mailto(port)], text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert program.stdout is not None
        said = program.stdout.readline()
    time.sleep(0.3)  # the server is gone, which what was left behind notices
    out, err = program.communicate(timeout=10)
    assert (said, out, err) == ("E-Mail: its server does not answer in time.\n", "", "")


@pytest.mark.parametrize("dribble", [False, True])
def test_a_server_that_hangs_is_given_up(dribble: bool) -> None:
    start = time.monotonic()
    with silent_server(dribble=dribble) as port:
        failure = to_notifier(MESSAGE, mailto(port), longest=0.7)
        assert failure == Unsent("E-Mail: its server does not answer in time.", may_pass=True)
        assert time.monotonic() - start < 5


def test_a_timeout_of_the_owners_holds() -> None:
    start = time.monotonic()
    with silent_server() as port:
        failure = to_notifier(MESSAGE, mailto(port, more="&cto=0.5"))
    assert failure == Unsent("E-Mail: its server does not answer in time.", may_pass=True)
    assert time.monotonic() - start < 10


def test_a_server_that_refuses_never_fails_the_sync_and_is_told_at_the_next(folder: Path) -> None:
    workbook = folder / "Kunden Bäckerei.xlsx"
    settings(folder, mailto(free_port(), login="anna:geheim@"))
    result = call("sync", *ON, "--unattended")
    assert result.exit_code == 0
    assert "the message could not be sent (E-Mail: its server can't be reached.)" in result.stdout
    result = call("sync", *ON)
    assert "A message could not be sent since" in result.stderr
    assert "unattended.log" in call("doctor", *ON, "--json").stdout
    before = workbook.read_bytes()
    box = Mailbox()
    with mail_server(box) as port:
        settings(folder, mailto(port))
        result = call("sync", *ON, "--unattended")
    assert "A message could not be sent since" in result.stderr
    body = box.mails[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("A message could not be sent since ")
    assert call("sync", *ON).stderr == ""
    assert workbook.read_bytes() == before


# ---- Secrets --------------------------------------------------------------------------------------------------


def test_no_part_of_a_url_is_ever_shown_logged_or_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MAIL_PASSWORD", "geheim1")
    monkeypatch.setenv("WHOLE_URL", f"json://anna:geheim2@127.0.0.1:{free_port()}/geheim3?+X-Key=geheim4")
    said = ""
    with mail_server(Mailbox(), password="other") as port:
        for urls in ([mailto(port, login="anna:${MAIL_PASSWORD}@")], ["${WHOLE_URL}"], ["mailtoo://anna:geheim5@localhost"],
                     [mailto(port, login="anna:geheim6@").replace("mailto:", "mailtos:")], ["geheim7"],
                     [mailto(free_port(), login="anna:geheim8@")], ["${geheim9", "x://a:geheim10@${UNSET}"]):
            settings(folder, *urls)
            for command in (["sync", *ON, "--unattended"], ["doctor", *ON], ["doctor", "--notify"], ["playbook", "check"],
                            ["sync", *ON, "--json"], ["doctor", "--json"]):
                said += call(*command).output
    captured = capfd.readouterr()
    logged = "".join(record.getMessage() for record in caplog.records if record.name != "mail.log")  # that is the server's
    said += captured.out + captured.err + logged + everything_kept()
    assert "E-Mail" in said
    assert "geheim" not in said
    assert "127.0.0.1" not in said
    assert repr(load_settings(folder / "sheetsync.toml")).count("geheim") == 0


@pytest.mark.parametrize("text", [
    'notify = "mailto://anna:geheim@x"', '[notify]\nurls = "mailto://anna:geheim@x"', "[notify]\nurls = [1]", '[notify]\nurls = [""]',
    '[notify]\nurls = ["mailto://anna:geheim@x", 2]', '[[notify]]\nurls = ["mailto://anna:geheim@x"]',
    '[notify]\nurl = "mailto://anna:geheim@x"', '[notify]\nwhen = "sometimes"\nurls = ["a://geheim"]',
])
def test_wrong_settings_are_told_without_their_urls(folder: Path, text: str) -> None:
    path = folder / "sheetsync.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as raised:
        load_settings(path)
    assert "geheim" not in str(raised.value)
    assert "notify" in str(raised.value)
    assert "geheim" not in repr(notify_of(path))


def test_a_variable_that_is_not_set_is_named(folder: Path) -> None:
    settings(folder, "mailtos://anna:${MAIL_PASWORD}@gmail.com")
    result = call("sync", *ON, "--unattended")
    assert result.exit_code == 0
    assert "notify.urls, number 1: the environment variable MAIL_PASWORD is not set" in result.stdout
    assert "number 1: the environment variable MAIL_PASWORD is not set" in call("doctor", *ON, "--json").stdout


def test_a_password_may_be_kept_in_the_keyring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class InMemory(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return {("sheetsync", "anna@example.com"): "ge/heim"}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())  # type: ignore[no-untyped-call]
    try:
        path = settings(folder, "mailtos://anna:${keyring:sheetsync/anna@example.com}@example.com", "ntfy://${keyring:sheetsync/otto}")
        notify = load_settings(path).notify
        assert notify.filled(0) == "mailtos://anna:ge%2Fheim@example.com"
        with pytest.raises(SettingsError, match="the keyring has no entry sheetsync/otto"):
            notify.filled(1)
        monkeypatch.setitem(__import__("sys").modules, "keyring", None)
        with pytest.raises(SettingsError, match="keyring is not installed"):
            notify.filled(0)
    finally:
        keyring.set_keyring(before)


# ---- doctor ---------------------------------------------------------------------------------------------------


def test_doctor_says_of_each_notifier_whether_it_is_understood_and_sends_nothing(folder: Path) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        settings(folder, mailto(port), "mailtoo://a@b", mailto(port, login="anna:geheim@"))
        result = call("doctor", *ON, "--json")
    said = result.stdout
    assert result.exit_code == 0
    assert "number 1: E-Mail; its URL is understood" in said
    assert "number 2: the URL is not understood" in said
    assert "number 3: E-Mail; its password stands in" in said
    assert box.mails == []


def test_doctor_sends_a_test_message_when_asked(folder: Path) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        settings(folder, mailto(port))
        result = call("doctor", "--notify")
        assert result.exit_code == 0
        assert "Every notifier took a test message." in result.stdout
        assert [mail["Subject"] for mail in box.mails] == ["A test message from sheetsync"]
        settings(folder, mailto(port), mailto(free_port()))
        assert call("doctor", "--notify").exit_code == 3
        settings(folder)
        result = call("doctor", "--notify")
        assert result.exit_code == 2
        assert "name no notifier" in result.stdout
        settings(folder, "${UNSET}", mailto(port))
        result = call("doctor", "--notify", "--json")
        assert result.exit_code == 2
        assert "variable UNSET is not set" in result.stdout
    assert len(box.mails) == 3


@pytest.mark.parametrize(("url", "kind"), [
    ("mailtos://a:b@gmail.com", "E-Mail"), ("ntfy://topic", "ntfy"), ("tgram://123456789:abcdefg_hijklmnop/-1/", "Telegram"),
    ("nonsense", None), ("", None), ("://", None), ("mailtoo://a@b", None), ("file:///etc/passwd", None), ("mailto://", None),
])
def test_what_a_url_means(url: str, kind: str | None) -> None:
    assert kind_of_notifier(url) == kind


def test_a_notifier_without_mail_gets_the_text_cut_to_what_it_takes() -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        long = Message("s", "eine Zeile ü\n" * 5000, "<p>html</p>")
        assert to_notifier(long, f"ntfy://127.0.0.1:{server.server_port}/topic") is None
        assert to_notifier(MESSAGE, f"json://127.0.0.1:{server.server_port}/") is None
        server.shutdown()
    assert "…" in taken[0].decode("unicode_escape") or "…" in taken[0].decode()
    assert len(taken[0]) < 60_000
    assert b"html" not in taken[0]
    assert b"anrufen" in taken[1]
