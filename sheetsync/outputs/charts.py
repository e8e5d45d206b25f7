"""The standards kept as the page draws them: sizes and positions of bars, and the words beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sheetsync.core.kept import Standards, Tally, median_days
from sheetsync.core.values import MONTHS
from sheetsync.outputs.standards import month_in_words, share_in_words
from sheetsync.outputs.text import plural

_MONTHS = 12  # shown
_RULES = 8
_WIDTH, _BASE, _HEIGHT = 336, 112, 92  # of the chart by month, in its own units
_SILENT = 5


def kept_charts(kept: Standards) -> dict[str, Any]:
    """What the template needs: words, bars by month (oldest first) and by rule (most steps first)."""
    months = _months(kept)
    rules = kept.rules
    return {
        "nothing": "" if kept.since is not None else
        "The journal holds no run of this sheet yet, so there is nothing to show. It grows with every sheetsync sync.",
        "month": f"{month_in_words(f'{kept.today:%Y-%m}')} so far",
        "share": _share(kept.month(kept.today)),
        "now": counts(kept.month(kept.today)).capitalize(),
        "before": f"{month_in_words(f'{_last_month(kept.today):%Y-%m}')}: {share_in_words(kept.month(_last_month(kept.today)))}",
        "months": _bars(months) if kept.since is not None and kept.steps else (),
        "months_said": ". ".join(f"{month_in_words(tally.name)}: {counts(tally)}" for tally in months),
        "width": _WIDTH,
        "rules": [{"name": tally.name, "tally": tally, "said": share_in_words(tally) if tally.share is not None else counts(tally),
                   "label": f"{tally.name}: {counts(tally)}"} for tally in rules[:_RULES]] if kept.since is not None else (),
        "more_rules": max(0, len(rules) - _RULES),
        "lines": _lines(kept),
    }


def parts(tally: Tally) -> list[dict[str, Any]]:
    """A tally's bar in hundredths of its length: in time, late, open, put off."""
    out, start = [], 0.0
    for kind, count in _kinds(tally):
        size = 100 * count / len(tally.steps)
        if count:
            out.append({"kind": kind, "start": round(start, 2), "size": round(size, 2)})
        start += size
    return out


def counts(tally: Tally) -> str:
    """ "9 in time, 2 late, 1 open"; what is none is left out."""
    said = {"in": "in time", "late": "late", "open": "open", "off": "put off"}
    return ", ".join(f"{count:,} {said[kind]}" for kind, count in _kinds(tally) if count) or "nothing fell due"


def _kinds(tally: Tally) -> tuple[tuple[str, int], ...]:
    return ("in", tally.in_time), ("late", tally.late), ("open", tally.open), ("off", tally.put_off)


def _share(tally: Tally) -> str:
    return "Nothing done yet" if tally.share is None else f"{tally.share:.0%} in time"


def _last_month(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1) if day > date(1, 1, 31) else day


def _months(kept: Standards) -> list[Tally]:
    """The last months up to this one without a gap, from the first in which something fell due."""
    known = {tally.name: tally for tally in kept.months}
    out: list[Tally] = []
    day = kept.today
    while len(out) < _MONTHS and (not out or any(name <= f"{day:%Y-%m}" for name in known)):
        name = f"{day:%Y-%m}"
        out.append(known.get(name) or Tally(name, ()))
        if day.year == 1 and day.month == 1:
            break
        day = _last_month(day)
    return out[::-1]


def _bars(months: Sequence[Tally]) -> list[dict[str, Any]]:
    most = max(len(tally.steps) for tally in months) or 1
    slot = min(56.0, _WIDTH / len(months))
    out = []
    for place, tally in enumerate(months):
        y = float(_BASE)
        drawn = []
        for kind, count in _kinds(tally):
            size = _HEIGHT * count / most
            y -= size
            if count:
                drawn.append({"kind": kind, "y": round(y, 2), "size": round(max(size - 1, 0.75), 2)})  # a line of paper between two
        out.append({
            "parts": drawn, "x": round((place + 0.15) * slot, 2), "width": round(slot * 0.7, 2), "middle": round((place + 0.5) * slot, 2),
            "top": round(y - 4, 2), "total": len(tally.steps) or "", "name": MONTHS[int(tally.name[5:]) - 1][:3].title(),
        })
    return out


def _lines(kept: Standards) -> list[str]:
    out = []
    if kept.complaints:
        still = sum(complaint.resolved is None for complaint in kept.complaints)
        line = f"Complaints: {still} open, {len(kept.complaints) - still} resolved"
        called = median_days([(c.complained, c.called) for c in kept.complaints])
        solved = median_days([(c.complained, c.resolved) for c in kept.complaints])
        took = [f"{said} after {days:g} {'day' if days == 1 else 'days'}"
                for said, days in (("first call", called), ("resolved", solved)) if days is not None]
        out.append(f"{line}; {', '.join(took)} (median)." if took else f"{line}.")
    if kept.silent:
        named = ", ".join(f"{one.customer} ({plural(one.days, 'day')})" for one in kept.silent[:_SILENT])
        out.append(f"Longest without a contact: {named}.")
    return out
