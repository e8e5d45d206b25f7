"""Work done ahead in a thread: nothing is lost, added, reordered or kept from being told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from sheetsync.ahead import made_ahead, mapped_ahead


def numbers(count: int, *, then: Exception | None = None) -> Iterator[int]:
    yield from range(count)
    if then is not None:
        raise then


WAYS: list[Callable[[Iterator[int]], Iterator[int]]] = [made_ahead, lambda items: mapped_ahead(int, items)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_all_items_come_in_their_order(way: Callable[[Iterator[int]], Iterator[int]], count: int) -> None:
    assert list(way(numbers(count))) == list(range(count))


@pytest.mark.parametrize("way", WAYS)
def test_an_error_while_an_item_is_made_is_raised(way: Callable[[Iterator[int]], Iterator[int]]) -> None:
    with pytest.raises(ZeroDivisionError):
        list(way(numbers(3, then=ZeroDivisionError())))


def test_an_error_of_the_function_is_raised_in_its_place() -> None:
    inverses = mapped_ahead(lambda number: 1 / number, iter([2, 1, 0, 4]))
    assert [next(inverses), next(inverses)] == [0.5, 1]
    with pytest.raises(ZeroDivisionError):
        next(inverses)


@pytest.mark.parametrize("way", WAYS)
def test_no_thread_is_left_behind_when_the_rest_is_not_wanted(way: Callable[[Iterator[int]], Iterator[int]]) -> None:
    before = threading.active_count()
    items = way(numbers(1000))
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_only_so_many_items_wait() -> None:
    taken = 0

    def counted() -> Iterator[int]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    items = mapped_ahead(int, counted())
    next(items)
    assert taken < 20
