"""How steep is each step's logit at each typed character? The gradient, by the model's own backward.

One backward pass, but only a slope: what an infinitely small change would do. What the map means and what it does not
is in docs/influence.md.

Every map is (T_dec, T_enc): row i is the character written at step i, column j the typed character j, padding last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analysis.influence import fed_with
from core.backend.arrays import FloatArray
from core.data.source_text import AnyText
from core.decoding.pipeline import Pipeline


@dataclass(frozen=True, eq=False)
class SaliencyMap:
    """The gradient of each step's logit with respect to the embedded characters.

    The logit is that of the character written, before the softmax, with the decoder fed the answer as it was written.

    Attributes:
        text, source, output, model, digest: as in `DecodingTrace`.
        logits: (T_dec,), the logits that were differentiated.
        embeddings: (T_enc, D), the source characters as the encoder reads them.
        gradient: (T_dec, T_enc, D), of logit i with respect to embedding j. All arrays are of the model's dtype.
        norm: (T_dec, T_enc), length of the gradient: the slope in the direction in which the logit changes fastest.
        times_input: (T_dec, T_enc), gradient . embedding, signed: what the character would add to the logit if the
            logit were linear in it.
    """

    text: str
    source: str
    output: str
    model: str
    digest: str
    logits: FloatArray
    embeddings: FloatArray
    gradient: FloatArray
    norm: FloatArray
    times_input: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without `gradient` and `embeddings`."""
        return {
            "text": self.text,
            "source": self.source,
            "output": self.output,
            "model": self.model,
            "digest": self.digest,
            "logits": self.logits.tolist(),
            "norm": self.norm.tolist(),
            "times_input": self.times_input.tolist(),
        }


def saliency(pipeline: Pipeline, text: AnyText) -> SaliencyMap:
    """Differentiate every step's logit with respect to every embedded character.

    One backward pass serves all steps: copy i in a batch of T_dec copies of the text gets the gradient of step i.

    Args:
        pipeline: the model.
        text: anything a person can type, or read.
    Raises:
        SourceTextError: empty, too long or with unknown characters; says which.
    Cost:
        20 ms for the model of H = 256 on one CPU core.
    """
    source = pipeline.read(text)
    trace = pipeline.trace(source)
    answer = trace.output_ids
    with pipeline.exclusive() as model:
        backend = model.backend
        xs = backend.asarray(pipeline.as_read(np.repeat(source.ids[None], len(answer), axis=0)))
        encoded = model.encoder.forward(xs, by_prefix=False)
        logits = model.decoder.forward(fed_with(pipeline, answer, len(answer)), encoded)
        steps = backend.xp.arange(len(answer))
        own_logit = (steps, steps, backend.asarray(answer))
        dlogits = backend.xp.zeros_like(logits)
        dlogits[own_logit] = 1
        dxs = model.encoder.backward_to_embeddings(model.decoder.backward(dlogits))
        # The reverse of the reverse: back in reading order.
        gradient = pipeline.as_read(backend.to_numpy(dxs))
        chosen = backend.to_numpy(logits[own_logit])
        embeddings = backend.to_numpy(model.encoder.embed.params[0])[source.ids]
    return SaliencyMap(
        text=trace.text,
        source=trace.source,
        output=trace.output,
        model=trace.model,
        digest=trace.digest,
        logits=chosen,
        embeddings=embeddings,
        gradient=gradient,
        norm=np.sqrt((gradient**2).sum(axis=-1)),
        times_input=(gradient * embeddings).sum(axis=-1),
    )
