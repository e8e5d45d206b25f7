"""What doctor finds out: everything that would stop a sync, or that it should not be left to find by itself; and what init finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sheetsync.core.contracts import Check, Examined, Sheet, Source, Surveyed
from sheetsync.core.guard import guard
from sheetsync.core.guess import SEEN_ROWS, Proposal, propose
from sheetsync.core.model import LAST_CONTACT, Customers, Finding, Table, Worksheet
from sheetsync.core.values import is_blank
from sheetsync.errors import ExitCode, Refused, SheetsyncError
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


# ---- init ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What init found in a workbook: the worksheet that holds the customers, or several that may."""

    proposals: tuple[Proposal, ...]
    timezone: str | None = None


def look_around(source: Source, playbook: Playbook, today: date) -> Found:
    """What the worksheets of a source seem to hold, the likeliest first. Reads, and writes nothing.

    Raises Refused where none has a header that could be that of customers, saying what is needed.
    """
    with source.open(readonly=True) as sheet:
        if not isinstance(sheet, Surveyed):
            raise Refused(f"sheetsync init can't look into {source.name}.", "Write sheetsync.toml by hand; README says how.")
        worksheets = sheet.survey(most_rows=SEEN_ROWS)
        known = sheet.findings() if isinstance(sheet, Examined) else ()
        zone = next((finding.sentence for finding in known if finding.check == _ZONE), None)
    found: list[Proposal] = []
    refusals: list[Refused] = []
    for worksheet in worksheets:
        try:
            proposal = propose(worksheet, playbook.columns, playbook.key, playbook.status, today)
        except Refused as refusal:
            refusals.append(refusal)
        else:
            found += [] if proposal is None else [proposal]
    usable = [proposal for proposal in found if proposal.usable(playbook.key)]
    chosen = sorted(usable or (found if not refusals else []), key=lambda proposal: -len(proposal.taken))
    if not chosen and refusals:
        raise refusals[0]
    if not chosen:
        raise _no_header(source, worksheets, playbook)
    return Found(tuple(chosen), zone)


def clear_choice(proposals: Sequence[Proposal]) -> Proposal | None:
    """The one that is meant, where that needs no asking: there is no other, or it names two columns more than any other."""
    first, *others = proposals
    return first if all(len(first.taken) >= len(other.taken) + 2 for other in others) else None


def _no_header(source: Source, worksheets: Sequence[Worksheet], playbook: Playbook) -> Refused:
    names = ", ".join(f'"{worksheet.name}"' for worksheet in worksheets)
    where = f"{source.name}, worksheet{'' if len(worksheets) == 1 else 's'} {names}"
    if not any(not is_blank(cell) for worksheet in worksheets for row in worksheet.rows for cell in row):
        return Refused(f"{where}: there is nothing in it.",
                       "Put the customers in, below a row with a header for each column; or begin with a starter workbook: "
                       "sheetsync init new.xlsx")
    wanted = ", ".join(column.name for column in playbook.columns if column.name in ("Name", "Phone", "Email", LAST_CONTACT))
    return Refused(f"{where}: no header row was found.",
                   f"Above the customers there has to be a row with a header for each column, such as {wanted}. Put one in, or begin "
                   "with a starter workbook: sheetsync init new.xlsx")
