"""sheetsync report: the standards kept; writes nothing."""

from __future__ import annotations

from sheetsync.cli.handler import handled
from sheetsync.cli.options import (
    AsJson,
    ConfigPath,
    PlaybookName,
    SheetName,
    Target,
    TodayDate,
    resolve,
    takes_colour,
    terminal_width,
)
from sheetsync.cli.progress import progress


@handled
def report(
    workbook: Target = None,
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    as_json: AsJson = False,
) -> None:
    """Show which standards were kept: by rule and month what fell due, was done in time or late, and is open.

    Example: sheetsync report customers.xlsx
    """
    from sheetsync import config as configuration
    from sheetsync.deliver import to_terminal
    from sheetsync.outputs.standards import StandardsJson, StandardsText
    from sheetsync.sync import kept_standards

    asked = resolve(workbook, sheet, playbook, config, today)
    with progress(shown=not as_json) as tell:
        kept = kept_standards(asked.source, asked.settings.playbook, configuration.checks(), today=asked.today,
                              journal=configuration.journal(), before_day_ends=asked.before_day_ends, progress=tell)
    if as_json:
        to_terminal(StandardsJson().render(kept))
    else:
        to_terminal(StandardsText(width=terminal_width(), colour=takes_colour()).render(kept))
