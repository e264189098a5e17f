"""How often answers are right, in all and by the way the date was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core.data.dates import FAMILIES, family_of

OTHER = "other"
"""The family of a question that none of the seven families would write."""


@dataclass(frozen=True)
class Accuracy:
    """`correct` of `n` answers were right to the last character."""

    n: int
    correct: int

    @property
    def exact_match(self) -> float:
        """Share that was right, 0 to 1; 0 for no question at all."""
        return self.correct / self.n if self.n else 0.0


@dataclass(frozen=True)
class Evaluation:
    """Accuracy over a set of questions and over each family in it."""

    total: Accuracy
    families: dict[str, Accuracy]

    @property
    def exact_match(self) -> float:
        """Share of all questions that was right, 0 to 1."""
        return self.total.exact_match

    def to_dict(self) -> dict[str, object]:
        """`n`, `correct`, `exact_match` and the same for each of the `families`, for JSON."""
        return _to_dict(self.total) | {"families": {name: _to_dict(a) for name, a in self.families.items()}}

    @classmethod
    def from_dict(cls, values: object) -> Evaluation:
        """Read what `to_dict` wrote, or JSON made of it.

        Raises:
            ValueError: it is something else.
        """
        match values:
            case {"families": dict() as families}:
                return cls(_from_dict(values), {str(name): _from_dict(row) for name, row in families.items()})
        raise ValueError(f"got {ascii(values)[:60]}; expected how many answers are right, in all and by family")


def _to_dict(accuracy: Accuracy) -> dict[str, object]:
    return asdict(accuracy) | {"exact_match": accuracy.exact_match}


def _from_dict(values: object) -> Accuracy:
    match values:
        case {"n": int(n), "correct": int(correct)} if 0 <= correct <= n:
            return Accuracy(n, correct)
    raise ValueError(f"got {ascii(values)[:60]}; expected two whole numbers, n and correct, which is at most n")


def evaluate_answers(questions: Sequence[str], outputs: Sequence[str], answers: Sequence[str]) -> Evaluation:
    """Compare what was written with what is right.

    Args:
        questions, outputs, answers: N texts each; a question's family is read from its text.
    Returns:
        the accuracy; families in the order of `FAMILIES`, those that do not occur left out.
    """
    right: dict[str, list[bool]] = {name: [] for name in (*(family.name for family in FAMILIES), OTHER)}
    for question, output, answer in zip(questions, outputs, answers, strict=True):
        right[family_of(question) or OTHER].append(output == answer)
    families = {name: Accuracy(len(hits), sum(hits)) for name, hits in right.items() if hits}
    total = Accuracy(len(questions), sum(accuracy.correct for accuracy in families.values()))
    return Evaluation(total, families)
