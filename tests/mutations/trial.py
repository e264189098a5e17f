"""Break a copy of the project in one place and see which test notices.

A copy is made once and used for many patches: a patch is put in, tests run until one fails, and the file is as before.
A test that fails on the broken code is run once more on the unbroken one, where it has to pass: else it proves nothing.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.mutations.patches import Patch

ROOMS: Final = ("core", "viz_app")
SECONDS_A_TEST: Final = 300
TIME_OUT: Final = "time-out"
_IN_BROWSER: Final = {".js", ".mjs", ".html", ".css"}
_SOURCE: Final = {".py", ".jinja", *_IN_BROWSER}
# Of these the first would notice that a patch's text is gone, and the second that its line is too long.
_NO_PROOF: Final = ("tests/test_mutations.py", "tests/test_house.py")
_NOTHING_SELECTED: Final = 5

Result = Literal["caught", "survived", "gone", "unsound"]


class PatchError(ValueError):
    """The text of a patch is not in exactly one place; the message says what to do."""


@dataclass(frozen=True)
class Outcome:
    """What became of a patch.

    Attributes:
        result: "caught"; "survived", which no test noticed; "gone", whose text is not in exactly one place; or
            "unsound", where the test that failed does so on the unbroken code as well.
        by: the test that failed, "time-out", or why the patch could not be tried.
        seconds: from the first test to the last.
    """

    name: str
    room: str
    result: Result
    by: str
    seconds: float


def sources_of(tree: Path) -> dict[Path, str]:
    """The files of a checkout that may be broken, and what is in them."""
    files = (file for room in ROOMS for file in sorted((tree / room).rglob("*")))
    return {
        file: file.read_text("utf-8") for file in files if file.suffix in _SOURCE and "node_modules" not in file.parts
    }


def place_of(patch: Patch, sources: Mapping[Path, str]) -> Path:
    """The one file that holds the text that a patch replaces.

    Raises:
        PatchError: none holds it, or it is there more than once.
    """
    found = [file for file, content in sources.items() for _ in range(content.count(patch.old))]
    if not found:
        raise PatchError(f"{patch.name}: the code changed, its text is nowhere any more: write this patch anew")
    if len(found) > 1:
        places = ", ".join(sorted({file.name for file in found}))
        raise PatchError(f"{patch.name}: its text is there {len(found)} times ({places}): write this patch anew")
    return found[0]


def copy_tree(tree: Path, to: Path) -> None:
    """Copy what git knows of a working tree, or would take up, as it is now."""
    listed = ["git", "-C", str(tree), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, check=True, capture_output=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (tree / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(tree / name, to / name)


class Trial:
    """A copy of the project that may be broken."""

    def __init__(self, tree: Path, *, seconds_a_test: int = SECONDS_A_TEST, thorough: bool = True) -> None:
        """Args: tree: a copy, for this object alone. thorough: also run tests that a patch does not name."""
        self.tree = tree
        self.seconds_a_test = seconds_a_test
        self.thorough = thorough
        self._sound: dict[str, bool] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def judge(self, patch: Patch) -> Outcome:
        """Put a patch in, run the tests that may notice, the likeliest first, and take it out again."""
        began = time.monotonic()
        try:
            place = place_of(patch, sources_of(self.tree))
        except PatchError as error:
            return Outcome(patch.name, patch.room, "gone", str(error), 0.0)
        with self._broken(place, patch):
            failed = self._first_failure(patch, place)
        seconds = time.monotonic() - began
        if failed is None:
            return Outcome(patch.name, patch.room, "survived", "", seconds)
        result: Result = "caught" if failed == TIME_OUT or self._passes_unbroken(failed) else "unsound"
        return Outcome(patch.name, patch.room, result, failed, seconds)

    def stop(self) -> None:
        """End what is running, from another thread; `judge` then raises."""
        self._stopped = True
        _end(self._process)

    @contextmanager
    def _broken(self, place: Path, patch: Patch) -> Iterator[None]:
        content = place.read_text("utf-8")
        try:
            self._write(place, content.replace(patch.old, patch.new))
            yield
        finally:
            self._write(place, content)

    def _write(self, file: Path, content: str) -> None:
        file.write_text(content, "utf-8")
        # Python compares times in whole seconds, and would take the compiled file of a moment ago for that of this one.
        with suppress(FileNotFoundError, NotImplementedError):
            Path(importlib.util.cache_from_source(str(file))).unlink()

    # ---- tests

    def _first_failure(self, patch: Patch, place: Path) -> str | None:
        """The first test that fails, `TIME_OUT`, or None."""
        in_browser = place.suffix in _IN_BROWSER
        if in_browser and (failed := self._node()) is not None:
            return failed
        named = [self._selected(selection) for selection in patch.tests]
        for files, keyword in named:
            if files and (failed := self._pytest(files, keyword)) is not None:
                return failed
        if not self.thorough:
            return None
        # Slower, for what the likeliest have not noticed.
        if not in_browser:
            ignored = [f"--ignore={name}" for name in ("tests/e2e", *_NO_PROOF)]
            if (failed := self._pytest(["tests", *ignored])) is not None:
                return failed
        for files, keyword in named:
            if keyword and (failed := self._pytest(files)) is not None:
                return failed
        return None

    def _selected(self, selection: str) -> tuple[list[str], str]:
        """The test files whose path has all the words before "::", and what is after it for pytest's -k."""
        words, _, keyword = (part.strip() for part in selection.partition("::"))
        files = [file.relative_to(self.tree).as_posix() for file in sorted((self.tree / "tests").rglob("test_*.py"))]
        wanted = set(re.findall("[a-z0-9]+", words))
        return [
            file for file in files if wanted <= set(re.findall("[a-z0-9]+", file)) and file not in _NO_PROOF
        ], keyword

    def _pytest(self, arguments: Sequence[str], keyword: str = "") -> str | None:
        """The first test that fails, `TIME_OUT`, or None. A keyword that selects nothing any more is left out."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-rfE", "--tb=line"]
        # A test that hangs ends all, with a word that tells it from one that fails.
        command += ["-o", f"faulthandler_timeout={self.seconds_a_test}", "-o", "faulthandler_exit_on_timeout=true"]
        if importlib.util.find_spec("xdist") is not None:
            command += ["-n", "0"]
        status, output = self._run([*command, *(["-k", keyword] if keyword else []), *arguments])
        if status == _NOTHING_SELECTED and keyword:
            return self._pytest(arguments)
        if status in (0, _NOTHING_SELECTED):
            return None
        if re.search(r"^Timeout \(\d+:", output, re.MULTILINE):
            return TIME_OUT
        # Without the values of a parametrised test: those may hold anything, a dash before the reason too.
        failed = re.search(r"^(?:FAILED|ERROR) ([^\s\[]+)", output, re.MULTILINE)
        return failed[1] if failed else f"pytest ended with status {status}: {output[-300:]}"

    def _node(self) -> str | None:
        """As `_pytest`, of the tests in JavaScript where there are some."""
        files = [str(file) for ending in ("js", "mjs") for file in self.tree.rglob(f"*.test.{ending}")]
        files = [file for file in files if "node_modules" not in Path(file).parts]
        if not files or shutil.which("node") is None:
            return None
        status, output = self._run(
            ["node", "--test", f"--test-timeout={1000 * self.seconds_a_test}", "--test-reporter=tap", *files]
        )
        if status == 0:
            return None
        failed = re.search(r"^ *not ok \d+ - (.*)$", output, re.MULTILINE)
        return f"node: {failed[1] if failed else output[-300:]}"

    def _passes_unbroken(self, failed: str) -> bool:
        if failed not in self._sound:
            again = self._node() if failed.startswith("node: ") else self._pytest([failed])
            self._sound[failed] = again is None
        return self._sound[failed]

    def _run(self, command: Sequence[str]) -> tuple[int, str]:
        """Status and output of a command. What it has started ends with it."""
        modest = ["nice", "-n", "10"] if shutil.which("nice") else []
        self._process = subprocess.Popen(
            [*modest, *command],
            cwd=self.tree,
            # A missing browser is no proof.
            env=os.environ | {"REQUIRE_BROWSER": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = self._process.communicate()
        finally:
            _end(self._process)
        if self._stopped:
            raise KeyboardInterrupt
        return self._process.returncode, output.decode(errors="replace")


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """End a process and all that it has started, which are a group of their own."""
    if process is not None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
