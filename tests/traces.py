"""Made-up decodings for tests of pictures, exports and pages: consistent numbers, no trained model needed."""

import numpy as np

from core.decoding.trace import DecodingTrace

VOCABULARY = tuple(" ,-/0123456789ABCDEFGHIJLMNOPRSTUVWY_abcdefghijlmnoprstuvwy")


def softmax(scores: np.ndarray) -> np.ndarray:
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(np.float32)


def make_trace(
    text: str = "september 27, 1994",
    output: str = "1994-09-27",
    *,
    attention: bool = True,
    t_enc: int = 29,
    hidden_size: int = 8,
    seed: int = 0,
) -> DecodingTrace:
    """A trace whose arrays fit together: weights = softmax(scores), context = weights @ hs_enc, and so on."""
    rng = np.random.default_rng(seed)
    ids = np.array([VOCABULARY.index(c) for c in output])
    t_dec = len(output)
    hs_enc = np.tanh(rng.normal(size=(t_enc, hidden_size))).astype(np.float32)
    hs_dec = np.tanh(rng.normal(size=(t_dec, hidden_size))).astype(np.float32)
    logits = rng.normal(size=(t_dec, len(VOCABULARY))).astype(np.float32)
    logits[np.arange(t_dec), ids] = logits.max(axis=1) + 2
    scores = (2 * hs_dec @ hs_enc.T).astype(np.float32)
    weights = softmax(scores)
    return DecodingTrace(
        text=text,
        source=text.ljust(t_enc),
        output=output,
        model="date-attention" if attention else "date-seq2seq",
        digest="0" * 64,
        vocabulary=VOCABULARY,
        input_ids=np.concatenate([[VOCABULARY.index("_")], ids[:-1]]),
        output_ids=ids,
        hs_enc=hs_enc,
        hs_dec=hs_dec,
        cs_dec=rng.normal(size=(t_dec, hidden_size)).astype(np.float32),
        scores=scores if attention else None,
        weights=weights if attention else None,
        context=(weights @ hs_enc).astype(np.float32) if attention else None,
        logits=logits,
        probabilities=softmax(logits),
    )
