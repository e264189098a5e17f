"""Saliency against plain computations, one number at a time."""

import json
import math

import numpy as np
import pytest

from core.analysis.saliency import saliency
from core.layers.gradient_check import check_gradient
from tests.core.pipelines import KINDS, T_DEC, T_ENC, TEXT, VOCABULARY, D, PlainPipeline, make_pipeline

kinds = pytest.mark.parametrize("kind", KINDS)
orders = pytest.mark.parametrize("reversed_input", [True, False], ids=["reversed", "in order"])


@pytest.fixture
def pipeline():
    return make_pipeline()


def tried(result, position):
    return "".join(r.character for r in result.replacements if r.position == position)


@kinds
@orders
def test_saliency_is_the_slope_of_each_logit_as_one_source_position_moves(kind, reversed_input):
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    plain = PlainPipeline(pipeline, kind)
    text = "b2,b2"
    result = saliency(pipeline, text)
    answer = plain.write(text)
    fed = [plain.start_id, *answer[:-1]]
    embedded = plain.embedded(text)
    assert result.gradient.shape == (T_DEC, T_ENC, D)
    assert result.output == VOCABULARY.decode(answer)
    np.testing.assert_allclose(result.logits, plain.logits(embedded, fed)[np.arange(T_DEC), answer], rtol=1e-9)

    in_order = slice(None, None, -1) if reversed_input else slice(None)
    for step in range(T_DEC):
        gradient = result.gradient[step, in_order][None]

        def logit(x, step=step):
            return plain.logits(x, fed)[step, answer[step]]

        difference = check_gradient(logit, embedded, np.ascontiguousarray(gradient))
        assert difference.agrees(), f"step {step}: {difference}"
    assert np.abs(result.gradient[:, 0] - result.gradient[:, 3]).max() > 1e-3, "equal characters share a gradient"


@kinds
@orders
def test_norm_and_gradient_times_input(kind, reversed_input):
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    result = saliency(pipeline, TEXT)
    W = pipeline.model.params[0]
    for j, character in enumerate(TEXT.ljust(T_ENC)):
        embedding = W[VOCABULARY.id_of(character)]
        np.testing.assert_array_equal(result.embeddings[j], embedding)
        for i in range(T_DEC):
            gradient = result.gradient[i, j]
            assert result.norm[i, j] == pytest.approx(math.sqrt(sum(g * g for g in gradient)), rel=1e-12)
            signed = sum(g * e for g, e in zip(gradient, embedding, strict=True))
            assert result.times_input[i, j] == pytest.approx(signed, rel=1e-9, abs=1e-12)
    assert result.times_input.min() < 0 < result.times_input.max()


def test_saliency_goes_to_json(pipeline):
    result = saliency(pipeline, TEXT)
    content = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert content["text"] == TEXT and content["digest"] == pipeline.digest
    np.testing.assert_array_equal(content["norm"], result.norm)
    np.testing.assert_array_equal(content["times_input"], result.times_input)
    np.testing.assert_array_equal(content["logits"], result.logits)
