"""What became of runs that were cut off while they wrote: found out at the next start, by what the sheet holds."""

from __future__ import annotations

from sheetsync.core.contracts import Source
from sheetsync.core.diff import went_through
from sheetsync.core.model import Table
from sheetsync.core.past import Run, say_moment
from sheetsync.errors import ExitCode
from sheetsync.journal import Journal


def find_out(journal: Journal, source: Source, table: Table) -> tuple[str, ...]:
    """Finds out of runs and contacts whose write nobody saw the end of whether they stand in the sheet. Returns a sentence for each run.

    An undo that went through marks the run that it took back.
    """
    unfinished = {run.id: run for run in journal.unfinished(source.identity, table.sheet)}
    contacts = journal.open_contacts(source.identity, table.sheet)
    told: list[str] = []
    for id_ in sorted({*unfinished, *contacts}):
        recorded = journal.changes(id_)
        whole, stands = went_through(table, recorded)
        if (run := unfinished.get(id_)) is not None:
            whole = whole or not recorded  # an undo that found every cell changed since has nothing to write
            sentence = _sentence(run, whole)
            journal.finish(id_, "written" if whole else "failed", settle=False, told=sentence,
                           undoes=run.undoes if whole else None)
            if run.code != ExitCode.TABLE_CHANGED or whole:  # such a run is begun anew at once
                told.append(sentence)
        journal.settle({number: stands(row, anchor) for number, row, anchor in contacts.get(id_, ())})
    return tuple(told)


def settle(journal: Journal, source: Source) -> tuple[str, ...]:
    """The same for a source that is not open yet; it is read only where something is to be found out."""
    if not journal.unfinished(source.identity):
        return ()
    with source.open(readonly=True) as sheet:
        return find_out(journal, source, sheet.read())


def _sentence(run: Run, whole: bool) -> str:
    how = "was cut off while it wrote" if run.outcome == "writing" else "ended before it could see its write through"
    end = "went through" if whole else "did not go through"
    return f"The {run.command} of {say_moment(run.started)} {how}; the sheet shows that it {end}."
