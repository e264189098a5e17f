"""Work on many rows, batch by batch, in batches that the device has memory for."""

from __future__ import annotations

import logging
from collections.abc import Callable

_log = logging.getLogger(__name__)


def in_batches(count: int, size: int, work: Callable[[slice], None]) -> None:
    """Do a piece of work on rows 0 ... count - 1, `size` of them at a time, in order.

    A batch that does not fit into the memory is done again in halves, and so are all that follow. The warning says so.

    Args:
        work: does the rows of a slice. It must have changed nothing when it runs out of memory.
    Raises:
        MemoryError: not even one row fits.
    """
    start = 0
    while start < count:
        try:
            work(slice(start, min(start + size, count)))
        except MemoryError:  # CuPy's own is one too
            size = min(size, count - start)
            if size == 1:
                raise
            _log.warning("out of memory with %d rows at a time; going on with %d", size, size // 2)
            size //= 2
        else:
            start += size
