"""Beam search: keep the most probable beginnings, not only one.

At every step each of the `width` beginnings is continued by every character, and the `width` most probable of all
those continuations survive. Width 1 is greedy decoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.source_text import AnyText
from core.decoding.interventions import ForceCharacter
from core.decoding.pipeline import Pipeline
from core.files.checked_json import expect_whole
from core.models.seq2seq import Decoder

MAX_WIDTH = 10


@dataclass(frozen=True)
class BeamNode:
    """One continuation in the tree.

    Attributes:
        id: its place in `BeamTree.nodes`.
        parent: id of the node it continues; None at the first step.
        step: 0 to T_dec - 1.
        character: what it writes.
        log_probability: natural logarithm of the character's probability after its parent.
        total: sum of the log probabilities from the first step to here.
        kept: it survived, and was continued (or is one of the finished outputs).
    """

    id: int
    parent: int | None
    step: int
    character: str
    log_probability: float
    total: float
    kept: bool


@dataclass(frozen=True)
class BeamTree:
    """What a beam search looked at.

    Attributes:
        text: the text as it was read.
        width: how many beginnings were kept.
        nodes: at every step the `width` continuations that were kept and the `width` next best, which were not;
            parents before children.
        finished: ids of the last kept nodes, most probable first.
    """

    text: str
    width: int
    nodes: tuple[BeamNode, ...]
    finished: tuple[int, ...]

    def path(self, node_id: int) -> list[BeamNode]:
        """The nodes from the first step to this one."""
        path = [self.nodes[node_id]]
        while path[-1].parent is not None:
            path.append(self.nodes[path[-1].parent])
        return path[::-1]

    def output(self, node_id: int) -> str:
        """What is written from the first step to this node."""
        return "".join(node.character for node in self.path(node_id))

    def interventions(self, node_id: int) -> list[ForceCharacter]:
        """The changes that make `Pipeline.trace` write what this node stands for."""
        return [ForceCharacter(node.step, node.character) for node in self.path(node_id)]


def beam_search(pipeline: Pipeline, text: AnyText, width: int) -> BeamTree:
    """Search for the most probable output.

    Args:
        pipeline: any of the models.
        text: anything a person can type, or read.
        width: 1 to `MAX_WIDTH`.
    Raises:
        SourceTextError: the text cannot be read.
        ValueError: a width out of range.
    Cost:
        T_dec decoder steps with `width` rows.
    """
    expect_whole("width", width, 1, MAX_WIDTH)
    source = pipeline.read(text)
    with pipeline.exclusive() as model:
        xs = model.backend.asarray(pipeline.as_read(source.ids[None]))
        decoder = model.decoder
        decoder.start(model.encoder.forward(xs))
        nodes, finished = _grow(decoder, pipeline, width)
    return BeamTree(source.text, width, tuple(nodes), tuple(finished))


def _grow(decoder: Decoder, pipeline: Pipeline, width: int) -> tuple[list[BeamNode], list[int]]:
    backend = decoder.backend
    nodes: list[BeamNode] = []
    kept: list[BeamNode] = []
    parents: list[int | None] = [None]
    totals, fed = np.zeros(1), np.array([pipeline.spec.start_id])
    for step in range(pipeline.target_length):
        log_probabilities = _log_softmax(backend.to_numpy(decoder.step(backend.asarray(fed))))
        candidates = totals[:, None] + log_probabilities
        # As many dropped continuations as kept ones are remembered, to show what was decided against.
        best = np.argsort(-candidates, axis=None, kind="stable")[: 2 * width]
        rows, fed = np.unravel_index(best, candidates.shape)
        grown = [
            BeamNode(
                id=len(nodes) + place,
                parent=parents[row],
                step=step,
                character=pipeline.vocabulary.characters[character],
                log_probability=float(log_probabilities[row, character]),
                total=float(candidates[row, character]),
                kept=place < width,
            )
            for place, (row, character) in enumerate(zip(rows.tolist(), fed.tolist(), strict=True))
        ]
        nodes += grown
        kept = [node for node in grown if node.kept]
        parents, totals, fed = [node.id for node in kept], np.array([node.total for node in kept]), fed[: len(kept)]
        decoder.select(backend.asarray(rows[: len(kept)]))
    return nodes, [node.id for node in kept]


def _log_softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """(N, V) -> (N, V), in float64 so that sums over steps do not blur the order of near equals."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
