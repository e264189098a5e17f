"""Small random models behind a `Pipeline`, each with its equations in loops."""

import numpy as np

from core.backend.numpy_backend import CPU
from core.data.vocabulary import Vocabulary
from core.decoding.pipeline import Pipeline
from core.models.spec import ModelSpec
from tests.core import reference

VOCABULARY = Vocabulary(" ,/0123ABC_abcd")
T_ENC, T_DEC, D, H = 7, 4, 3, 5
TEXT = "b2, A"
KINDS = {"plain": "Seq2seq", "peeky": "PeekySeq2seq", "attention": "AttentionSeq2seq"}


# In the order of the parameters. What is typed must outweigh what every text shares, or all answers are alike.
SCALES = (2.25, 2.25, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 2.25, 0.5)


def make_pipeline(
    kind="attention", *, dtype=np.float64, reversed_input=True, vocabulary=VOCABULARY, backend=CPU, seed=37
):
    """A model whose answers differ from text to text; `kind` as in `reference.Model`."""
    spec = ModelSpec(KINDS[kind], D, H, vocabulary, reversed_input, "_", T_ENC, T_DEC)
    model = spec.build(dtype=dtype, backend=backend)
    rng = np.random.default_rng(seed)
    for parameter, scale in zip(model.params, SCALES, strict=True):
        parameter[...] = backend.asarray((scale * rng.standard_normal(parameter.shape)).astype(dtype))
    return Pipeline(f"small-{kind}", model, spec, digest=f"{kind}-{seed}")


class PlainPipeline:
    """What `make_pipeline` should do, by `reference.Model`, one text at a time."""

    def __init__(self, pipeline, kind):
        self.pipeline = pipeline
        self.model = reference.Model(kind, pipeline.model.params)
        self.start_id = pipeline.vocabulary.id_of("_")

    def ids(self, padded):
        """(1, T_enc) ids in the order read."""
        ids = [self.pipeline.vocabulary.id_of(c) for c in padded.ljust(T_ENC)]
        return np.array([ids[::-1] if self.pipeline.spec.reversed_input else ids])

    def embedded(self, padded):
        """(1, T_enc, D) embedded characters in the order read."""
        return reference.embed(self.model.enc_embed, self.ids(padded))

    def write(self, padded):
        """(T_dec,) ids, most probable first choice at every step."""
        return np.array(self.model.generate(self.ids(padded), self.start_id, T_DEC)[0])

    def logits(self, embedded, fed):
        """(T_dec, V) logits for embedded characters (1, T_enc, D), the decoder fed with `fed` (T_dec,) ids."""
        zeros = np.zeros((1, H))
        hs_enc = reference.lstm(embedded, zeros, zeros, *self.model.enc_lstm)[0]
        return self.model.decode(np.array([fed]), hs_enc, hs_enc[:, -1], zeros)[0][0]

    def probabilities(self, padded, written):
        """(T_dec, V) probabilities with the decoder fed the start character and `written` without its last."""
        logits = self.logits(self.embedded(padded), [self.start_id, *written[:-1]])
        return np.array([reference.softmax(list(row)) for row in logits])
