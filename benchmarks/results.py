"""What was measured, what it must reach, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median, quantiles
from typing import Any

from benchmarks.timing import Samples

CORE, LAYER_BY_LAYER, PYTORCH, PRODUCTS = "core", "layer by layer", "PyTorch", "products"
"""The contenders: ours; the book's way; PyTorch, eager; and the bare matrix products."""

IDLE, BESIDE_TRAINING = "idle", "beside a training"
"""The same visitor with nothing else to do for the machine, and while a worker trains."""

NOTHING_SHARED = "nothing shared"
"""Ours, without its sharing of equal beginnings."""

TRAINING = "training iteration, dates"
TRAINING_RANDOM = "training iteration, no equal beginnings"
MANY = "5,000 dates decoded"
ONE = "one date traced"
CHANGES = "one date traced with a change"
CAUSAL_MAP = "causal map of one date"
EXPERIMENTS = "table of changes, 5,000 dates"
MEMORY = "memory of a training iteration"
MEMORY_PROCESS = "memory of the training process"
MEMORY_ASKED_FOR = "memory asked for (tracemalloc)"
CORPUS = "{:,} dates decoded to disk"
BOOK_TRAINING = "training iteration of the book's script"
BOOK_ANSWER = "an answer of the book's script"
GPU_TRAINING = "training iteration on the GPU, dates"
GPU_CORPUS = "{:,} dates decoded to disk by the GPU"
IMPORT = "import"
APP = "streamlit run"
STEP = "a step, click to picture"
ANOTHER_DATE = "another date, click to picture"
PART = "part of a training iteration: {}"
GROWTH = "growth of a training iteration with {}"


@dataclass(frozen=True)
class Result:
    """One thing measured, in every round, for every contender.

    Attributes:
        piece: what was measured.
        threads: of BLAS and OpenMP; None where the machine's own setting was left.
        samples: a value a round; seconds, unless `unit` says otherwise.
        unit: "s", "MB" or "times".
        sizes: where the sizes are not those of the date model, which one differs, and its value.
    """

    piece: str
    threads: int | None
    samples: Samples
    unit: str = "s"
    sizes: tuple[str, int] | None = None

    def median(self, contender: str) -> float:
        """The middle of the contender's rounds."""
        return median(self.samples[contender])

    def ratios(self, contender: str, against: str) -> list[float]:
        """One contender's values in parts of another's, round by round: what disturbs a round disturbs both."""
        return [a / b for a, b in zip(self.samples[contender], self.samples[against], strict=True)]


@dataclass(frozen=True)
class Goal:
    """What a piece must reach.

    Attributes:
        piece: of the result.
        at_most: a ratio where `against` names a contender, else a value in the result's unit.
        contender: whose value; None for the largest of all.
    """

    piece: str
    at_most: float
    against: str | None = None
    contender: str | None = CORE


GOALS = (
    Goal(TRAINING, 0.45, LAYER_BY_LAYER),
    Goal(TRAINING, 0.90, PYTORCH),
    Goal(TRAINING, 1.05, PRODUCTS),
    Goal(MANY, 1 / 30, LAYER_BY_LAYER),
    Goal(ONE, 0.35, LAYER_BY_LAYER),
    *(Goal(GROWTH.format(name), 1.0, PRODUCTS) for name in ("T_enc", "H", "N")),
    Goal(MEMORY, 1.0, PYTORCH),
    Goal(IMPORT, 0.25),
    Goal(APP, 4.0, contender="first picture"),
    Goal(CHANGES, 0.005, contender=None),
    Goal(CAUSAL_MAP, 0.3),
    Goal(EXPERIMENTS, 20.0),
    *(Goal(piece, 2.0, IDLE, contender=BESIDE_TRAINING) for piece in (STEP, ANOTHER_DATE)),
    Goal(GPU_TRAINING, 1.0, PYTORCH),
    Goal(GPU_TRAINING, 0.1, LAYER_BY_LAYER),
)


@dataclass(frozen=True)
class Verdict:
    """A goal beside what was measured.

    Attributes:
        value: ratio or value; None where there is nothing to compare with.
        spread: the middle half of the rounds.
    """

    goal: Goal
    result: Result
    value: float | None
    spread: tuple[float, float] = (0.0, 0.0)

    @property
    def reached(self) -> bool | None:
        """None where it could not be measured."""
        return None if self.value is None else self.value <= self.goal.at_most

    @property
    def missed_by(self) -> float:
        """In parts of the goal; 0 where it is reached."""
        return 0.0 if self.value is None else max(0.0, self.value / self.goal.at_most - 1)


@dataclass(frozen=True)
class Report:
    """A whole run.

    Attributes:
        machine: facts, in words.
        results: what was measured.
        shares: what the time of a start goes to, seconds by package.
        quick: the run was to see that everything works; its numbers say nothing.
    """

    machine: dict[str, str]
    results: list[Result]
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    quick: bool = False

    def verdicts(self) -> list[Verdict]:
        """Every goal beside every result it is about; none of a quick run."""
        if self.quick:
            return []
        return [judge(goal, result) for goal in GOALS for result in self.results if result.piece == goal.piece]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Report:
        """Back from JSON."""
        results = [
            Result(**result | {"sizes": tuple(result["sizes"]) if result["sizes"] else None})
            for result in content["results"]
        ]
        return cls(content["machine"], results, content["shares"], content["quick"])


def judge(goal: Goal, result: Result) -> Verdict:
    """Compare a result with its goal."""
    contender = goal.contender or max(result.samples, key=result.median)
    if contender not in result.samples or goal.against not in (None, *result.samples):
        return Verdict(goal, result, None)
    values = result.samples[contender] if goal.against is None else result.ratios(contender, goal.against)
    return Verdict(goal, result, median(values), _middle_half(values))


def growth(name: str, points: Sequence[Result]) -> Result:
    """How many times longer the largest of one size takes than the smallest, by contender.

    Args: points: results at ascending sizes, of the same contenders.
    """
    first, last = points[0], points[-1]
    samples = {
        contender: [b / a for a, b in zip(first.samples[contender], last.samples[contender], strict=True)]
        for contender in first.samples
    }
    return Result(GROWTH.format(name), first.threads, samples, "times")


def _middle_half(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high
