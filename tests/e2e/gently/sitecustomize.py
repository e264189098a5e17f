"""Python runs this before anything else where this folder is on its path, as it is for the app under test.

Runs that a test watches last longer than the test, and would take a core all that time. So a worker rests between its
iterations; what it does is the same.
"""

import sys

if sys.orig_argv[1:4] == ["-m", "core", "work"]:
    import time

    from core.runs.recording import Recorder

    _SECONDS = 0.005
    _on_iteration = Recorder.on_iteration

    def _rest(self: Recorder) -> None:
        _on_iteration(self)
        time.sleep(_SECONDS)

    Recorder.on_iteration = _rest  # type: ignore[method-assign]
