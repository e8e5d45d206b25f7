"""sheetsync demo: the shipped example, copied and synced."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from sheetsync.cli.handler import handled
from sheetsync.cli.options import AsJson, render, resolve, takes_colour, terminal_width
from sheetsync.cli.progress import progress

EXAMPLE = "home-business"
EXAMPLE_DAY = date(2026, 11, 20)


@handled
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the example goes.")] = Path("sheetsync-demo"),
    as_json: AsJson = False,
) -> None:
    """Copy the example of a home business to DIR and sync it, as of the example's own date.

    Example: sheetsync demo
    """
    from sheetsync import config as configuration
    from sheetsync import resources
    from sheetsync.deliver import to_terminal
    from sheetsync.errors import Refused
    from sheetsync.outputs.text import wrap
    from sheetsync.sync import sync as run

    example = resources.example(EXAMPLE)
    workbook = folder / "customers.xlsx"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} is there already, and not empty.", "Name another folder: sheetsync demo DIR.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("customers.xlsx", "sheetsync.toml"):
            shutil.copyfile(example / name, folder / name)
    except OSError as error:
        raise Refused(f"{folder} can't be made ({error.strerror or error}).", "Name another folder: sheetsync demo DIR.") from None
    asked = resolve(str(workbook), None, None, folder / "sheetsync.toml", EXAMPLE_DAY.isoformat())
    with progress(shown=not as_json) as tell:
        report = run(asked.source, asked.settings.playbook, asked.settings.checks, today=asked.today,
                     journal=configuration.journal(), force=True, progress=tell)
    if as_json:
        to_terminal(render("json", report))
    else:
        to_terminal(render("summary", report, width=terminal_width(), colour=takes_colour()))
        told = (f"The example is planned as of its own date, {EXAMPLE_DAY.isoformat()}. Open {workbook} and look at it, "
                "then try your own: sheetsync sync customers.xlsx")
        to_terminal("\n" + "\n".join(wrap(told, terminal_width())))
