"""The one error handler: our failures become a sentence and an exit code, anything else a sentence and a log file."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import typer

from sheetsync.errors import ExitCode, SheetsyncError

F = TypeVar("F", bound=Callable[..., Any])


def handled(command: F) -> F:
    """A command whose failures are told on standard error and end with their exit code."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except SheetsyncError as error:
            say(error.sentence)
            if error.remedy:
                say(error.remedy)
            raise typer.Exit(error.code) from None
        except KeyboardInterrupt:
            say("Stopped.")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read our output has gone; there is nobody left to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.DONE) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except MemoryError:
            say("There is not enough memory for this workbook; nothing was written.")
            raise typer.Exit(ExitCode.NOT_REACHABLE) from None
        except Exception as error:
            say(unexpected(error))
            raise typer.Exit(ExitCode.BUG) from None

    return run  # type: ignore[return-value]


def unexpected(error: Exception) -> str:
    """What to say of a failure that is none of ours; it is kept in a log file."""
    return f"sheetsync failed in a way that it should not ({type(error).__name__}). {_log(error)}"


def say(text: str) -> None:
    """One line on standard error."""
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stderr.flush()


def _log(error: Exception) -> str:
    from sheetsync.config import state_folder

    try:
        folder = state_folder() / "logs"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"failure-{datetime.now():%Y%m%d-%H%M%S}.log"
        path.write_text("".join(traceback.format_exception(error)), "utf-8")
    except OSError:
        return "The log could not be written either."
    return f"The log is {path}; please report it."
