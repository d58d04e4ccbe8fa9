"""Work done ahead of whoever takes its results, in order and within bounds."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def ahead(
    pool: Executor,
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    most: int,
    weight: Callable[[T], int] = lambda _: 0,
    heaviest: int = 0,
) -> Iterator[R]:
    """Yield `work(item)` in the order of the items, up to `most` of them being under way or waiting to be taken.

    The weights of those stay below `heaviest` together, one item alone excepted. When the iterator is closed or
    an item raises, what has not begun is given up.
    """
    waiting: deque[tuple[Future[R], int]] = deque()
    load = 0
    try:
        for item in items:
            more = weight(item)
            while waiting and (len(waiting) >= most or load + more > heaviest):
                future, less = waiting.popleft()
                load -= less
                yield future.result()
            waiting.append((pool.submit(work, item), more))
            load += more
        while waiting:
            yield waiting.popleft()[0].result()
    finally:
        for future, _ in waiting:
            future.cancel()
