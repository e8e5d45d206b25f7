"""Google on loopback for each test, with a book that is shared with a generated key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sheetsync.backends.google import api
from sheetsync.cli import app
from tests.sheets_emulator import Book, Emulator
from tests.worksheets import CUSTOMERS

Call = Callable[..., Result]


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator that stands in for Google."""
    with Emulator() as emulator:
        monkeypatch.setenv("SHEETSYNC_GOOGLE_ENDPOINT", emulator.url)
        yield emulator


@pytest.fixture
def key(google: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key file that is signed in with."""
    path = google.service_account_file(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    return path


@pytest.fixture
def book(google: Emulator, key: Path) -> Book:
    """Six customers."""
    return google.book("Clients", rows=CUSTOMERS, tab="Customers")


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited, in seconds; nobody waits."""
    seconds: list[float] = []
    monkeypatch.setattr(api, "sleep", seconds.append)
    return seconds


def call(*arguments: str | Path) -> Result:
    """A command as a person calls it."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def sync(book: Book, *options: str | Path) -> Result:
    """A sync of the book's first tab as of the tests' day."""
    return call("sync", book.link, "--sheet", book.tabs[0].title, "--today", "2026-11-20", *options)
