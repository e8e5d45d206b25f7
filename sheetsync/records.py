"""How the journal keeps changes: some thousands of them in one compressed piece, column by column."""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, TypeVar

from sheetsync.ahead import mapped_ahead
from sheetsync.core.model import Anchor, Cell, CellError, Change, Style

CHANGES_A_PIECE = 4096
T = TypeVar("T")
_PLAIN = frozenset({type(None), bool, int, float, str})


def packed(changes: Iterable[Change], most: int = CHANGES_A_PIECE) -> Iterator[tuple[int, bytes]]:
    """The changes in pieces of at most so many, in their order: how many each holds, and its bytes.

    A piece is compressed JSON and, behind a zero byte, three arrays of numbers: rows, and for each change the place of its
    (column, colour before, colour after) and of its anchor in the JSON's lists. The same row's anchor is one object, so an
    anchor is written once.
    """
    yield from mapped_ahead(_compressed, _told(changes, most))


def _told(changes: Iterable[Change], most: int) -> Iterator[tuple[int, bytes]]:
    left = iter(changes)
    known: dict[date, dict[str, str]] = {}
    while piece := list(islice(left, most)):
        rows, columns, before, after, old, new, whose = zip(*piece, strict=True)
        looks, look_codes = _coded(list(zip(columns, old, new, strict=True)))
        ids = list(map(id, whose))  # anchors hold whole rows where there is no key, so they are not compared
        anchors = dict(zip(ids, whose, strict=True))
        place = {one: n for n, one in enumerate(anchors)}
        told = encode([looks, list(anchors.values()), _values(before, known), _values(after, known)])
        numbers = b"".join(map(_numbers, (rows, look_codes, list(map(place.__getitem__, ids)))))
        yield len(piece), told.encode("utf-8", "surrogatepass") + b"\0" + numbers


def _compressed(piece: tuple[int, bytes]) -> tuple[int, bytes]:
    count, told = piece
    return count, zlib.compress(told, 1)


def unpacked(piece: bytes | str) -> list[Change]:
    """The changes of a piece. One in text is a piece of versions 1 and 2: JSON, row by row."""
    if isinstance(piece, str):
        return _of_version_1(piece)
    (looks, raw, before, after), numbers = _opened(piece)
    kinds = [(column, Style(*old), Style(*new)) for column, old, new in looks]
    anchors = [None if one is None else anchor_of(one) for one in raw]
    count = len(before)
    rows, look_codes, anchor_codes = (_array(numbers[n * 4 * count : (n + 1) * 4 * count]) for n in range(3))
    before, after = (list(map(cell_of, cells)) if any(cell.__class__ is dict for cell in cells) else cells for cells in (before, after))
    out = []
    for row, look, old_value, new_value, who in zip(rows, look_codes, before, after, anchor_codes, strict=True):
        column, old, new = kinds[look]
        out.append(Change(row, column, old_value, new_value, old, new, anchors[who]))
    return out


def anchors_in(piece: bytes | str) -> list[Anchor]:
    """Whose rows a piece changes, which costs less than the changes themselves."""
    raw = [anchor for _, anchor, _ in json.loads(piece)] if isinstance(piece, str) else _opened(piece)[0][1]
    return [anchor_of(one) for one in raw if one is not None]


def _opened(piece: bytes) -> tuple[Any, bytes]:
    told, _, numbers = zlib.decompress(piece).partition(b"\0")  # JSON holds no zero byte
    return json.loads(told.decode("utf-8", "surrogatepass")), numbers


def _coded(values: Sequence[T]) -> tuple[list[T], list[int]]:
    """The distinct values, and for each value its place among them."""
    place: dict[T, int] = {value: n for n, value in enumerate(dict.fromkeys(values))}
    return list(place), list(map(place.__getitem__, values))


def _values(cells: Sequence[Cell], known: dict[date, dict[str, str]]) -> Sequence[Any]:
    """The cells as JSON takes them. `known` holds the dates that were met before: there are few, a thousand times each."""
    if _PLAIN.issuperset(map(type, cells)):
        return cells

    def told(cell: Cell) -> Any:
        if cell.__class__ is date:
            return known.get(cell) or known.setdefault(cell, _json(cell))
        return cell if cell.__class__ in _PLAIN else _json(cell)

    return list(map(told, cells))


def _numbers(values: Sequence[int]) -> bytes:
    out = array("I", values)
    if sys.byteorder == "big":
        out.byteswap()
    return out.tobytes()


def _array(data: bytes) -> array[int]:
    out = array("I", data)
    if sys.byteorder == "big":
        out.byteswap()
    return out


def _of_version_1(text: str) -> list[Change]:
    out = []
    for row, raw, cells in json.loads(text):
        anchor = None if raw is None else anchor_of(raw)
        for column, before, after, old, new in cells:
            out.append(Change(row, column, cell_of(before), cell_of(after), _style(old), _style(new), anchor))
    return out


def _style(text: str) -> Style:
    fill, _, font = text.partition("/")
    return Style(fill, font)


def _json(cell: Any) -> dict[str, Any]:
    if isinstance(cell, datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return {"time": cell.isoformat()}
    if isinstance(cell, timedelta):
        return {"seconds": cell.total_seconds()}
    if isinstance(cell, CellError):
        return {"error": cell.code}
    raise TypeError(f"{cell!r} is no cell")


encode: Callable[[Any], str] = json.JSONEncoder(default=_json, ensure_ascii=False, separators=(",", ":")).encode


def cell_of(raw: Any) -> Cell:
    """A cell as JSON holds it."""
    if not isinstance(raw, dict):
        return raw  # type: ignore[no-any-return]
    [(kind, value)] = raw.items()
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind == "time":
        return time.fromisoformat(value)
    if kind == "seconds":
        return timedelta(seconds=value)
    return CellError(value)


def anchor_of(raw: Any) -> Anchor:
    """An anchor as JSON holds it: [column, key, rest]."""
    return Anchor(raw[0], cell_of(raw[1]), tuple(map(cell_of, raw[2])))
