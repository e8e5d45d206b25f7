"""Work that is done in a thread while what came of the last of it is looked at: inflating, deflating, arrays.

It gains time only where the work lets go of the interpreter, as zlib and numpy do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")
_WAITING = 8  # items that may wait; all of them would take the memory of the whole


def made_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made while the one before is used. Raises what making one raises."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        coming: Future[object] = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]


def mapped_ahead(function: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """What the function makes of each item, in their order, while the next items are made."""
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[Future[T]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > _WAITING:
                yield waiting.popleft().result()
        for done in waiting:
            yield done.result()
