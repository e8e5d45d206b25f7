"""What doctor finds out: everything that would stop a sync, or that it should not be left to find by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sheetsync.core.contracts import Check, Examined, Sheet, Source
from sheetsync.core.guard import guard
from sheetsync.core.model import Customers, Finding, Table
from sheetsync.errors import ExitCode, SheetsyncError
from sheetsync.journal import Journal
from sheetsync.playbook.model import Playbook
from sheetsync.playbook.worksheet import with_worksheet
from sheetsync.sync import Day, Decision, decide, notes

_ZONE = "time zone of the sheet"


def examine(
    source: Source, playbook: Playbook, checks: Iterable[Check], *, today: date, journal: Journal, timezone: str | None
) -> tuple[Finding, ...]:
    """What there is to say about a source, in the order of a sync; the first that stops one is the last that was looked at."""
    found: list[Finding] = []
    stopped = _collect(found, lambda: _examined(source, playbook, tuple(checks), today, journal, timezone, found, readonly=True))
    if not stopped:
        # What needs more than reading is asked afresh, as a sync would: with leave to write, and nobody else at the workbook.
        _collect(found, lambda: _rehearsed(source, playbook, tuple(checks), today, found))
    return tuple(found)


def code_of(findings: Iterable[Finding]) -> ExitCode:
    """What a sync would end with."""
    return next((ExitCode(finding.code) for finding in findings if finding.code), ExitCode.DONE)


def finding_of(error: SheetsyncError, check: str = "sync") -> Finding:
    """A failure as a finding."""
    return Finding(check, error.sentence, error.remedy, int(error.code))


def _collect(found: list[Finding], look: Callable[[], None]) -> bool:
    """Looks, and adds what stops the looking; whether anything did."""
    try:
        look()
    except SheetsyncError as error:
        found.append(finding_of(error))
        return True
    return False


def _examined(
    source: Source, playbook: Playbook, checks: tuple[Check, ...], today: date, journal: Journal, timezone: str | None,
    found: list[Finding], *, readonly: bool,
) -> None:
    with source.open(readonly=readonly) as sheet:
        try:
            table = sheet.read()
        finally:
            found += _about(sheet, timezone)
        playbook = with_worksheet(playbook, table)
        decision = decide(table, playbook, checks, Day(today), log="owner-cells" in sheet.features)
        where = f"{table.source}, {table.sheet}"
        found.append(Finding("table", f"{where}: {len(decision.customers):,} customers; the header stands in row {table.header_row}."))
        found += _columns(decision.customers, playbook)
        found += _cut_off(journal, source, table)
        guard(journal.last_counts(source.identity, table.sheet), decision.counts, where)


def _rehearsed(source: Source, playbook: Playbook, checks: tuple[Check, ...], today: date, found: list[Finding]) -> None:
    with source.open() as sheet:
        if isinstance(sheet, Examined):
            table = sheet.read()
            decision: Decision = decide(table, with_worksheet(playbook, table), checks, Day(today), log="owner-cells" in sheet.features)
            sheet.rehearse(decision.changes)
        found.append(Finding("write", "Nothing stands in the way of writing the status columns."))


def _cut_off(journal: Journal, source: Source, table: Table) -> Iterator[Finding]:
    """Whether the last run was cut off while it wrote, and which of the owner's cells hold what it wrote instead of their own content."""
    if (run := journal.cut_off(source.identity)) is None or (image := journal.image(run[0])) is None:
        return
    when = run[1][:16].replace("T", " ")
    written = {change.after for change in journal.changes(run[0]) if change.after is not None}
    header, rows = image
    was = {(header[p], row[p]) for row in rows.values() for p in range(len(header))}
    hit = [
        f"{table.address(number, text)} ({text})"
        for number, row in zip(table.numbers, table.rows, strict=True) for text, cell in zip(table.header, row, strict=True)
        if text in header and text not in table.styles and cell in written and (text, cell) not in was
    ]
    hit += [f'the column "{text}", which is gone' for text in header if text and text not in table.header]
    if hit:
        yield Finding("last run", f"The run of {when} UTC did not end well, and these cells of yours may hold what was "
                      f"meant for another column: {', '.join(hit[:5])}{' …' if len(hit) > 5 else ''}.",
                      "Run sheetsync sync: it puts back those that nobody has changed since. Or compare them with the version history of "
                      "that time (File, Version history).")
    else:
        yield Finding("last run", f"The run of {when} UTC was cut off or failed while it wrote.",
                      "Run sheetsync sync; it writes what is missing.")


def _about(sheet: Sheet, timezone: str | None) -> Iterator[Finding]:
    if not isinstance(sheet, Examined):
        return
    for finding in sheet.findings():
        if finding.check != _ZONE:
            yield finding
        elif not _same_clock(finding.sentence, timezone):
            yield Finding(
                "time zone", f"The sheet's time zone is {finding.sentence}; sheetsync's is {timezone or 'that of this computer'}.",
                f'Set it in the sheet (File, Settings), or in sheetsync.toml: timezone = "{finding.sentence}".')


def _same_clock(zone: str, timezone: str | None) -> bool:
    """Whether two time zones show the same time, in winter and in summer."""
    try:
        theirs, ours = ZoneInfo(zone), None if timezone is None else ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return True  # a zone of Google's own, such as GMT-07:00, is nothing to compare
    year = datetime.now().year
    moments = [datetime(year, month, 15, 12, tzinfo=theirs) for month in (1, 7)]
    return all(moment.astimezone(ours).utcoffset() == moment.utcoffset() for moment in moments)


def _columns(customers: Customers, playbook: Playbook) -> Iterator[Finding]:
    key = customers.key
    if key is None:
        yield Finding("key", "No column tells the customers apart.", f"Add one of {', '.join(playbook.key)}, so that rows are found again.")
    for note in notes(customers, playbook, every=True):
        sentence, _, remedy = note.partition(". ")
        yield Finding("columns", sentence.removesuffix(".") + ".", remedy or "Add the column where you need it; else leave it so.")
