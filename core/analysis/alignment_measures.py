"""How well a model looks where it should: the values that `core.analysis.alignment` measures, and their JSON.

What each number means, and what it does not, is told in `docs/alignment.md`.

Shapes: N dates, T_enc source characters in reading order, T_dec output characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class AlignmentMeasures:
    """How attention agrees with gold, over a step, a date or many. None where there is nothing to measure.

    With w[i, j] the weights, G the gold pairs (i, j), I the steps that have gold, S the gold pairs of the steps that
    have exactly one (the sure ones), and a(i) = argmax_j w[i, j], the first of equals:

    Attributes:
        alignment_error_rate: 1 - (|A and S| + |A and G|) / (|A| + |S|) with A = {(i, a(i)) : i in I}, 0 to 1. Where a
            step has several gold characters, any of them will do. Source: Och & Ney 2003, with G as possible links.
        soft_alignment_error_rate: the same with w[i, j] as the degree to which (i, j) is in A.
        mass_on_gold: sum of w[i, j] over G, divided by |I|.
        argmax_on_gold: share of the steps i in I with (i, a(i)) in G.
        coverage: mean over the characters j that are gold for some step, of min(1, c[j] / e[j]): c[j] = sum_i w[i, j]
            is what j got of all steps, e[j] = sum_i g[i, j] / |g[i]| what it would get if every step with gold
            divided its attention evenly among its gold characters. None for a single step.
        entropy: mean over all steps of -sum_j w[i, j] log2 w[i, j], in bits: 0 for one character, log2 T_enc for all
            alike.
        mass_on_padding: mean over all steps of the sum of w[i, j] over the padding.
    """

    alignment_error_rate: float | None
    soft_alignment_error_rate: float | None
    mass_on_gold: float | None
    argmax_on_gold: float | None
    coverage: float | None
    entropy: float | None
    mass_on_padding: float | None

    def to_dict(self) -> dict[str, float | None]:
        """The seven numbers, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AlignmentMeasures:
        """Read what `to_dict` wrote. Raises: TypeError: it is something else."""
        return cls(**values)


@dataclass(frozen=True)
class AlignmentScores:
    """The measures of one decoding.

    Attributes:
        total: over all steps.
        steps: of each of the T_dec steps.
        argmax: T_dec positions, the source character that each step looks at most, the first of equals.
        received: T_enc numbers, the attention that each source character gets over all steps.
    """

    total: AlignmentMeasures
    steps: tuple[AlignmentMeasures, ...]
    argmax: tuple[int, ...]
    received: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "total": self.total.to_dict(),
            "steps": [step.to_dict() for step in self.steps],
            "argmax": list(self.argmax),
            "received": list(self.received),
        }


@dataclass(frozen=True)
class GroupAlignment:
    """The measures over a group of dates.

    Attributes:
        n: how many dates.
        with_gold: how many of them have a gold alignment. The measures against gold are over these.
        correct: how many of the n answers are right to the last character.
        total: over all steps of all dates.
        steps: over all dates, for each of the T_dec steps.
    """

    n: int
    with_gold: int
    correct: int
    total: AlignmentMeasures
    steps: tuple[AlignmentMeasures, ...]

    @property
    def exact_match(self) -> float:
        """Share of the answers that is right, 0 to 1; 0 for no date at all."""
        return self.correct / self.n if self.n else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "n": self.n,
            "with_gold": self.with_gold,
            "correct": self.correct,
            "exact_match": self.exact_match,
            "total": self.total.to_dict(),
            "steps": [step.to_dict() for step in self.steps],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> GroupAlignment:
        """Read what `to_dict` wrote. Raises: KeyError, TypeError: it is something else."""
        return cls(
            n=values["n"],
            with_gold=values["with_gold"],
            correct=values["correct"],
            total=AlignmentMeasures.from_dict(values["total"]),
            steps=tuple(AlignmentMeasures.from_dict(step) for step in values["steps"]),
        )


@dataclass(frozen=True)
class CorpusAlignment:
    """The measures of a model over a corpus.

    Attributes:
        model, digest: name of the model and SHA-256 of its parameters.
        corpus: SHA-256 of the corpus.
        whole: over all dates.
        families: over each family, in the order of `FAMILIES`, those that do not occur left out; `other` for the rest.
    """

    model: str
    digest: str
    corpus: str
    whole: GroupAlignment
    families: dict[str, GroupAlignment]

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "model": self.model,
            "digest": self.digest,
            "corpus": self.corpus,
            "whole": self.whole.to_dict(),
            "families": {name: group.to_dict() for name, group in self.families.items()},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CorpusAlignment:
        """Read what `to_dict` wrote. Raises: AttributeError, KeyError, TypeError: it is something else."""
        return cls(
            model=values["model"],
            digest=values["digest"],
            corpus=values["corpus"],
            whole=GroupAlignment.from_dict(values["whole"]),
            families={name: GroupAlignment.from_dict(group) for name, group in values["families"].items()},
        )
