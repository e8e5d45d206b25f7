"""sheetsync playbook: list the shipped playbooks, show one, check one against a sheet."""

from __future__ import annotations

import typer

app = typer.Typer(help="List the shipped playbooks, show one, check one against your sheet.", no_args_is_help=True, rich_markup_mode=None)
