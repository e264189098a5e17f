"""What is kept for all visitors in so many bytes, the latest used; what two ask for at once is made once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar
from weakref import WeakSet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_ALL: Final[WeakSet[BoundedCache]] = WeakSet()  # type: ignore[type-arg]


class BoundedCache(Generic[K, V]):
    """Values by key, in memory that is bounded. Safe to share between threads.

    Where one value alone is larger than what is allowed, it is kept until the next one comes: it is in use anyway.
    """

    def __init__(self, most_bytes: int, size_of: Callable[[V], int]) -> None:
        """Args: most_bytes: of all values together; size_of: bytes of one."""
        self.most_bytes = most_bytes
        self.bytes = 0
        self._size_of = size_of
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._making: dict[K, tuple[threading.Lock, int]] = {}
        _ALL.add(self)

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: K) -> V | None:
        """What is kept under a key; None where nothing is."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def keep(self, key: K, value: V) -> None:
        """Keep a value; what was used longest ago goes, as far as room is needed."""
        size = self._size_of(value)
        with self._lock:
            self._drop(key)
            self._kept[key] = (value, size)
            self.bytes += size
            while self.bytes > self.most_bytes and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What is kept under a key, or what `make` makes; who comes meanwhile waits for it.

        Raises:
            what `make` raises; the next one who asks makes it anew.
        """
        if (found := self.find(key)) is not None:
            return found
        with self._lock:
            lock, waiting = self._making.get(key, (threading.Lock(), 0))
            self._making[key] = (lock, waiting + 1)
        try:
            with lock:
                if (found := self.find(key)) is None:
                    self.keep(key, found := make())
                return found
        finally:
            with self._lock:
                lock, waiting = self._making.pop(key)
                if waiting > 1:
                    self._making[key] = (lock, waiting - 1)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def _drop(self, key: K) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self.bytes -= dropped[1]


def clear_all() -> None:
    """Forget everything that any of these keeps; for tests."""
    for cache in list(_ALL):
        cache.clear()
