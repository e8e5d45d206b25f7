"""An emulator and a client for the tests of the emulator itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sheets_emulator.client import Client
from tests.sheets_emulator.emulator import Emulator


@pytest.fixture
def google() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def client(google: Emulator) -> Iterator[Client]:
    with Client(google) as client:
        yield client
