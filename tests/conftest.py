"""What every test gets: a state folder of its own, and no settings from the machine it runs on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHEETSYNC_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    monkeypatch.delenv("SHEETSYNC_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    yield
    gc.enable()  # a command switches it off for the life of its process, which here goes on


@pytest.fixture
def corpus() -> Path:
    """Real workbooks beside the checkout; the test is skipped where they are not there."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real workbooks is not beside this checkout")
    return CORPUS
