"""Processes that compute what is not a look: influence, long lists of changes, uploaded files.

In the interpreter that answers clicks such work would make everybody wait: Python runs one thread at a time. So a few
processes of their own do it, `pool_worker`, as many as there are cores to spare ($ATTENTION_POOL). They are started
when somebody first asks for such work, one by one as more ask, and end when nobody has asked for a while.

The queue goes in rounds over the visitors, as that of the training runs does. Who leaves, or asks for something newer,
takes their question back. The same question is answered once, however many ask it. A question that takes too long ends
with its process, and a process that dies is replaced by another; whoever waits is told.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import re
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, Final, Literal

import psutil

from core.backend.threads import THREAD_VARIABLES
from core.files.places import HOME_OF_CORE
from viz_app.session.bounded_cache import BoundedCache

PROCESSES: Final = "ATTENTION_POOL"
"""Environment variable: how many processes, 1 to 32; 0 for none, so that all work is done where it is asked for."""

WAITING_AT_MOST: Final = 250
"""Questions of all visitors, so that a class of two hundred may ask in the same instant."""
WAITING_EACH: Final = 8
"""Questions of one visitor; a page asks for one or two."""
SECONDS_AT_MOST: Final = 20.0
"""Of one question, once a process has it; the longest that is meant, a file of 8 MB of line ends, takes 12."""

_SECONDS_IDLE: Final = 120.0
"""So long a process waits for work before it ends and gives its 75 MB back."""
_ENDED_WHEN_LEFT: Final = 1.0
"""A question that nobody waits for any more ends with its process, once it has taken as long as a new process does."""
_ANSWERS_KEPT: Final = 32 * 2**20
_LARGE: Final = 300 * 2**20
"""Memory that a process ends with: a file of 8 MB of line ends takes 0.9 GB, which Python does not give back."""

_LOG: Final = logging.getLogger(__name__)

Trouble = Literal["full", "late", "died"]


class PoolError(RuntimeError):
    """A question was not answered.

    Attributes:
        trouble: "full": too many wait; "late": it took longer than is allowed; "died": its process did.
    """

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(_SENTENCES[trouble])
        self.trouble: Trouble = trouble


_SENTENCES: Final[dict[Trouble, str]] = {
    "full": "the server has as much to compute as it takes on; ask again in a few seconds",
    "late": "this takes longer to compute than the server allows",
    "died": "the process that computed this has died; asking again may help",
}


def process_limit() -> int:
    """How many processes compute: $ATTENTION_POOL, or one less than there are cores, from 1 to 4."""
    text = os.environ.get(PROCESSES, "")
    if re.fullmatch("[0-9]|[12][0-9]|3[0-2]", text, re.ASCII):
        return int(text)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(4, max(1, cores - 1))


class WorkerProcess:
    """A process that computes one thing after the other; started with the first. For one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def call(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        seconds: float,
        progress: Callable[..., None] | None = None,
    ) -> tuple[Any, int]:
        """What a function of a module returns, and the bytes that it took to hand it over.

        Args:
            function, arguments: handed over as a pickle; a `ModelFile` becomes the model.
            seconds: that it may take.
            progress: called with whatever the function tells its last argument; what it raises ends the work.
        Raises:
            PoolError: it took too long, or the process died.
            what the function raises.
        """
        process = self._started()
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            return _asked(process, function, arguments, progress)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.end()
            raise PoolError("late" if late.is_set() else "died") from error
        except _ProgressError as error:
            self.end()
            raise error.error from None
        finally:
            timer.cancel()

    def interrupt(self) -> None:
        """End what it is at, and with it the process, from another thread than the one that calls."""
        if (process := self._process) is not None:
            process.kill()

    def end_if_large(self) -> None:
        """End the process where what it has done has left it with more memory than it needs."""
        if self._process is not None and _memory(self._process.pid) > _LARGE:
            self.end()

    def end(self) -> None:
        """End the process, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.end()
            path = os.pathsep.join(filter(None, [str(HOME_OF_CORE), os.environ.get("PYTHONPATH")]))
            # Not by `multiprocessing`: it would import the main module anew, which in a page's thread is the page.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "viz_app.session.pool_worker"],
                cwd=HOME_OF_CORE,
                env=os.environ | dict.fromkeys(THREAD_VARIABLES, "1") | {"PYTHONPATH": path},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process


def _memory(pid: int) -> int:
    """Bytes that a process holds; 0 where it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


class _ProgressError(Exception):
    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


def _asked(
    process: subprocess.Popen[bytes],
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    progress: Callable[..., None] | None,
) -> tuple[Any, int]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(pickle.dumps((function, arguments, progress is not None), pickle.HIGHEST_PROTOCOL))
    process.stdin.flush()
    while True:
        counted = _Counted(process.stdout)
        kind, value = pickle.load(counted)
        if kind == "progress" and progress is not None:
            try:
                progress(*value)
            except BaseException as error:
                raise _ProgressError(error) from None
        elif kind == "error":
            raise value
        else:
            return value, counted.bytes


class _Counted:
    """A stream that counts what is read of it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.bytes = 0

    def read(self, size: int) -> bytes:
        content: bytes = self._stream.read(size)
        self.bytes += len(content)
        return content

    def readline(self) -> bytes:
        content: bytes = self._stream.readline()
        self.bytes += len(content)
        return content


class _Task:
    """A question, and who waits for its answer."""

    def __init__(self, key: Hashable, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.key, self.function, self.arguments = key, function, arguments
        self.future: Future[Any] = Future()
        self.waiting = 0
        self.process: WorkerProcess | None = None
        self.began = 0.0


class Ticket:
    """A question that a visitor has asked. To be closed by whoever asked: `with pool.ask(...) as ticket`."""

    def __init__(self, pool: Pool, task: _Task) -> None:
        self._pool, self.task = pool, task
        self.is_open = True

    def wait(self, seconds: float | None = None) -> bool:
        """Wait so long at most. Returns: whether the answer, or an error, is there."""
        with contextlib.suppress(Exception):
            self.task.future.exception(seconds)
        return self.task.future.done()

    def result(self) -> Any:
        """The answer; waits for it.

        Raises:
            PoolError: there is none.
            what the function raised.
        """
        return self.task.future.result()

    def close(self) -> None:
        """Nobody waits any more."""
        self._pool._close(self)

    def __enter__(self) -> Ticket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Pool:
    """The processes, the queue before them, and the latest answers. Safe to share between threads."""

    def __init__(self, size: int, *, seconds: float = SECONDS_AT_MOST, seconds_idle: float = _SECONDS_IDLE) -> None:
        """Args: size: processes at most; seconds: of a question; seconds_idle: after which a process ends."""
        self.size, self._seconds, self._seconds_idle = size, seconds, seconds_idle
        self._change = threading.Condition()
        self._tasks: dict[Hashable, _Task] = {}
        self._queues: OrderedDict[str, deque[Ticket]] = OrderedDict()
        self._answers: BoundedCache[Hashable, tuple[Any, int]] = BoundedCache(_ANSWERS_KEPT, lambda kept: kept[1])
        self.processes = 0
        self._idle = 0

    def ask(self, visitor: str, key: Hashable, function: Callable[..., Any], *arguments: Any) -> Ticket:
        """Put a question into the queue.

        Args:
            visitor: whose it is.
            key: two questions of the same key have the same answer.
            function, arguments: see `WorkerProcess.call`.
        Raises:
            PoolError: too many questions wait.
        """
        if (kept := self._answers.find(key)) is not None:
            task = _Task(key, function, arguments)
            task.future.set_result(kept[0])
            return Ticket(self, task)
        with self._change:
            task = self._tasks.get(key) or _Task(key, function, arguments)
            ticket = Ticket(self, task)
            if task.process is None:
                self._line_up(visitor, ticket)
            self._tasks[key] = task
            task.waiting += 1
            if self._idle == 0 and self.processes < self.size:
                self.processes += 1
                threading.Thread(target=self._work, name="pool", daemon=True).start()
            self._change.notify()
        return ticket

    def answered_here(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The same without a process. Args: make: computes it."""

        def measured() -> tuple[Any, int]:
            answer = make()
            return answer, len(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))

        return self._answers.get(key, measured)[0]

    @property
    def waiting(self) -> int:
        """Questions that wait for a process; the same one counts for everybody who asks it."""
        with self._change:
            return sum(self._still_waits(ticket) for queue in self._queues.values() for ticket in queue)

    def _line_up(self, visitor: str, ticket: Ticket) -> None:
        own = [one for one in self._queues.get(visitor, ()) if self._still_waits(one)]
        others = sum(self._still_waits(one) for name, queue in self._queues.items() if name != visitor for one in queue)
        if len(own) >= WAITING_EACH or len(own) + others >= WAITING_AT_MOST:
            raise PoolError("full")
        self._queues.setdefault(visitor, deque()).append(ticket)

    @staticmethod
    def _still_waits(ticket: Ticket) -> bool:
        return ticket.is_open and ticket.task.process is None

    def _close(self, ticket: Ticket) -> None:
        with self._change:
            if not ticket.is_open:
                return
            ticket.is_open = False
            task = ticket.task
            task.waiting -= 1
            if task.waiting > 0 or task.future.done():
                return
            if task.process is None:
                self._tasks.pop(task.key, None)
            else:
                # The thread that waits for the process sees to the rest.
                threading.Timer(max(0.0, task.began + _ENDED_WHEN_LEFT - time.monotonic()), self._end, [task]).start()

    def _end(self, task: _Task) -> None:
        with self._change:
            # Of a question that somebody else asks by now, or that is answered, the process may be at another.
            if task.waiting == 0 and self._tasks.get(task.key) is task and task.process is not None:
                del self._tasks[task.key]
                task.process.interrupt()

    # ---- a thread for each process -------------------------------------------------------------------------------

    def _work(self) -> None:
        process = WorkerProcess()
        while (task := self._next(process)) is not None:
            self._answer(task, process)
        process.end()

    def _next(self, process: WorkerProcess) -> _Task | None:
        """The next question, given to a process; None where none has come for a while."""
        deadline = time.monotonic() + self._seconds_idle
        with self._change:
            while (task := self._first()) is None:
                if (left := deadline - time.monotonic()) <= 0:
                    self.processes -= 1
                    return None
                self._idle += 1
                self._change.wait(left)
                self._idle -= 1
            task.process, task.began = process, time.monotonic()
            return task

    def _first(self) -> _Task | None:
        """Of the visitor who was served longest ago, what waits longest."""
        while self._queues:
            visitor, queue = self._queues.popitem(last=False)
            while queue:
                ticket = queue.popleft()
                if self._still_waits(ticket):
                    if queue:
                        self._queues[visitor] = queue
                    return ticket.task
        return None

    def _answer(self, task: _Task, process: WorkerProcess) -> None:
        try:
            answer = process.call(task.function, task.arguments, self._seconds)
            process.end_if_large()
        except Exception as error:
            if isinstance(error, PoolError) and task.waiting:
                _LOG.warning("%s: %s", task.function.__name__, error)
            self._settle(task)
            task.future.set_exception(error)
        else:
            self._answers.keep(task.key, answer)
            self._settle(task)
            task.future.set_result(answer[0])

    def _settle(self, task: _Task) -> None:
        with self._change:
            if self._tasks.get(task.key) is task:
                del self._tasks[task.key]
