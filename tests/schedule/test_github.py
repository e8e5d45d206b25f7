"""The workflow for owners without a computer at night: valid, and careful with the key and the state."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sheetsync.resources import schedule_template
from tests.schedule.workflow import Workflow, load

NAME = "github-actions.yml"
SCHEMA = "vendor.github-workflows"


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """Checked against the published schema, as it is in the package: with no way to a network."""
    offline = dict(os.environ, http_proxy="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9", all_proxy="http://127.0.0.1:9")
    return subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMA, str(path)], capture_output=True,
                          text=True, env=offline, check=False)


@pytest.fixture
def workflow() -> Workflow:
    return load(schedule_template(NAME))


def test_the_workflow_is_valid_by_the_published_schema(tmp_path: Path) -> None:
    path = tmp_path / NAME
    text = schedule_template(NAME)
    path.write_text(text, "utf-8")
    done = check(path)
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text(text.replace("cancel-in-progress", "cancel-in-progres"), "utf-8")
    assert "cancel-in-progres" in check(path).stdout, "the schema would find a mistake"


def test_it_starts_off_the_full_hour_and_one_at_a_time(workflow: Workflow) -> None:
    [start] = workflow["on"]["schedule"]
    minute, hour, *rest = start["cron"].split()
    assert rest == ["*", "*", "*"]
    assert int(minute) % 15 != 0
    assert 0 <= int(hour) < 24
    assert workflow["concurrency"] == {"group": "sheetsync", "cancel-in-progress": False}


def test_it_may_only_read_the_repository(workflow: Workflow) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        [checkout] = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert checkout["with"] == {"persist-credentials": False}
        assert all(re.fullmatch(r"actions/[a-z-]+(/[a-z]+)?@v\d+", step["uses"]) for step in job["steps"] if "uses" in step)


def test_no_text_of_others_is_put_into_a_script(workflow: Workflow) -> None:
    """A script takes what comes from outside through its environment; in the script itself it would be run."""
    for job in workflow["jobs"].values():
        assert not any("${{" in step["run"] for step in job["steps"] if "run" in step)


def test_the_state_is_kept_after_a_failure_too(workflow: Workflow) -> None:
    steps = workflow["jobs"]["sync"]["steps"]
    [restore] = [step for step in steps if step.get("uses", "").startswith("actions/cache/restore@")]
    [save] = [step for step in steps if step.get("uses", "").startswith("actions/cache/save@")]
    assert steps.index(restore) < steps.index(_run(workflow)) < steps.index(save)
    assert save["if"] == "always()"
    assert save["with"]["path"] == restore["with"]["path"] == ".sheetsync-state"
    assert save["with"]["key"] == restore["with"]["key"]
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"].strip())
    assert workflow["jobs"]["sync"]["env"]["SHEETSYNC_STATE_DIR"].endswith("/.sheetsync-state")


def _run(workflow: Workflow) -> Workflow:
    [found] = [step for step in workflow["jobs"]["sync"]["steps"] if step.get("name") == "Run"]
    return dict(found)


@pytest.mark.skipif(os.name != "posix", reason="the workflow's script is one for bash")
@pytest.mark.parametrize(("choice", "command"), [
    ("sync", "sync <LINK> --unattended"), ("sync --dry-run", "sync <LINK> --dry-run"),
    ("sync --force", "sync <LINK> --unattended --force"), ("undo", "undo <LINK>"), ("doctor", "doctor <LINK>"),
])
def test_each_choice_runs_its_command_with_a_key_that_is_gone_afterwards(
    workflow: Workflow, tmp_path: Path, choice: str, command: str
) -> None:
    assert choice in workflow["on"]["workflow_dispatch"]["inputs"]["command"]["options"]
    program = tmp_path / "bin" / "sheetsync"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@"\nstat -c %a "$GOOGLE_APPLICATION_CREDENTIALS"\ncat "$GOOGLE_APPLICATION_CREDENTIALS"\n'
                       'echo "<${KEY:-none}>"\nexit 5\n')
    program.chmod(0o755)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    link = "https://docs.google.com/spreadsheets/d/abc/edit?gid=0#gid=0"
    done = subprocess.run(
        ["bash", "-e", "-c", _run(workflow)["run"]], capture_output=True, text=True, check=False,
        env={"PATH": f"{program.parent}:{os.environ['PATH']}", "RUNNER_TEMP": str(temporary), "KEY": '{"a": "50% $x `y`"}', "SHEET": link,
             "COMMAND": choice})
    assert done.stdout == f'{command.replace("<LINK>", link)}\n600\n{{"a": "50% $x `y`"}}<none>\n', done.stderr
    assert done.returncode == 5, "its exit code is the step's, so that GitHub tells its owner"
    assert list(temporary.iterdir()) == []
