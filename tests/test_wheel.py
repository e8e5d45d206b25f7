"""The wheel, installed into a clean environment, has all that `demo` needs."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_demo_runs_from_the_wheel_in_a_clean_environment(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
                   check=True, capture_output=True, timeout=600)
    [wheel] = tmp_path.glob("*.whl")
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    binaries = environment / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([str(binaries / "pip"), "install", "--quiet", str(wheel)], check=True, capture_output=True, timeout=900)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([str(binaries / "sheetsync"), "demo"], cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Written: " in done.stdout
    assert (tmp_path / "sheetsync-demo" / "customers.xlsx").is_file()
    shipped = "from sheetsync.resources import schedule_template as t; print(len(t('crontab.j2')), len(t('github-actions.yml')))"
    done = subprocess.run([str(binaries / "python"), "-P", "-c", shipped], cwd=tmp_path, env=clean, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
