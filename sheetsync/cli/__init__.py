"""The command line: each command parses, calls one function, renders the result and chooses the exit code."""

from __future__ import annotations

import typer

from sheetsync.cli import check, demo, doctor, draft, fix, history, init, login, playbook, report, schedule, sync, today, undo

app = typer.Typer(
    name="sheetsync",
    help="Works out whom of your customers to contact next, and writes it into your own spreadsheet.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from sheetsync import __version__

        typer.echo(f"sheetsync {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and stop."),
) -> None:
    """Works out whom of your customers to contact next, and writes it into your own spreadsheet.

    Start with: sheetsync demo
    """


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("sync")(sync.sync)
app.command("check")(check.check)
app.command("fix")(fix.fix)
app.command("today")(today.today)
app.command("draft")(draft.draft)
app.command("report")(report.report)
app.command("undo")(undo.undo)
app.command("history")(history.history)
app.add_typer(playbook.app, name="playbook")
app.add_typer(schedule.app, name="schedule")
app.command("login")(login.login)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """The console script."""
    app()
