"""A worker that waits where a test wants it, so that what the test does meets the run there on any machine.

    python -m tests.core.held_worker FILE ITERATION [options of `python -m core work`]

trains as `python -m core work` does, but goes no further than an iteration of any run while a file exists. Meanwhile it
listens: it can be paused, stopped, told to end, or killed.
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

from core.__main__ import main
from core.runs.recording import Recorder


def hold(file: Path, iteration: int) -> None:
    """Let no recorded training of this process get further than that iteration while the file exists."""
    on_iteration = Recorder.on_iteration

    def held(self: Recorder) -> None:
        on_iteration(self)
        while self._training.trainer.current_iteration >= iteration and file.exists():
            time.sleep(0.01)
            self._looked = -math.inf
            on_iteration(self)

    Recorder.on_iteration = held  # type: ignore[method-assign]


if __name__ == "__main__":
    hold(Path(sys.argv[1]), int(sys.argv[2]))
    sys.exit(main(["work", *sys.argv[3:]]))
