"""Influence against plain computations, one text and one number at a time; what both maps leave of the model."""

import json
from contextlib import contextmanager

import numpy as np
import pytest

from core.analysis import influence
from core.analysis.influence import InfluenceMap, Replacements, causal_map
from core.analysis.saliency import saliency
from core.data.source_text import SourceTextError
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary
from core.decoding.pretrained import load_pretrained
from tests.core.pipelines import KINDS, T_DEC, T_ENC, TEXT, VOCABULARY, PlainPipeline, make_pipeline
from tests.devices import GPUS

kinds = pytest.mark.parametrize("kind", KINDS)
orders = pytest.mark.parametrize("reversed_input", [True, False], ids=["reversed", "in order"])


@pytest.fixture
def pipeline():
    return make_pipeline()


def tried(result, position):
    return "".join(r.character for r in result.replacements if r.position == position)


# ---- the causal map -------------------------------------------------------------------------------------------------


@kinds
@orders
def test_every_number_of_the_map_follows_from_decoding_each_text_alone(kind, reversed_input):
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    plain = PlainPipeline(pipeline, kind)
    result = causal_map(pipeline, TEXT, "all")
    padded = TEXT.ljust(T_ENC)
    answer = plain.write(padded)
    steps = np.arange(T_DEC)
    original = plain.probabilities(padded, answer)[steps, answer]
    assert result.output == VOCABULARY.decode(answer)
    np.testing.assert_allclose(result.probabilities, original, rtol=1e-5)

    replacements = iter(result.replacements)
    outputs = set()
    for j in range(T_ENC):
        changed_forced, moved_forced, changed_free, moved_free = (np.zeros(T_DEC) for _ in range(4))
        for character in VOCABULARY.characters:
            if character == padded[j]:
                continue
            variant = padded[:j] + character + padded[j + 1 :]
            written = plain.write(variant)
            forced, free = plain.probabilities(variant, answer), plain.probabilities(variant, written)
            replacement = next(replacements)
            assert (replacement.position, replacement.character) == (j, character)
            assert replacement.output == VOCABULARY.decode(written)
            np.testing.assert_allclose(replacement.forced, forced[steps, answer], rtol=1e-9)
            np.testing.assert_allclose(replacement.free, free[steps, answer], rtol=1e-9)
            changed_forced += forced.argmax(axis=1) != answer
            changed_free += written != answer
            moved_forced += abs(forced[steps, answer] - original)
            moved_free += abs(free[steps, answer] - original)
            outputs.add(replacement.output)
        count = len(VOCABULARY) - 1
        assert result.counts[j] == count
        np.testing.assert_allclose(result.forced.changed[:, j], changed_forced / count, rtol=1e-12)
        np.testing.assert_allclose(result.free.changed[:, j], changed_free / count, rtol=1e-12)
        np.testing.assert_allclose(result.forced.moved[:, j], moved_forced / count, atol=1e-6)
        np.testing.assert_allclose(result.free.moved[:, j], moved_free / count, atol=1e-6)
    assert next(replacements, None) is None
    assert len(outputs) > 5, "the model answers everything alike; nothing was tested"
    assert np.abs(result.forced.moved - result.free.moved).max() > 0.01, "both ways agree; the difference is untested"


def test_a_map_starts_from_the_numbers_of_the_trace():
    pipeline = make_pipeline(dtype=np.float32)
    trace, result = pipeline.trace(TEXT), causal_map(pipeline, TEXT)
    assert (result.text, result.source, result.output) == (trace.text, trace.source, trace.output)
    assert (result.model, result.digest) == (trace.model, trace.digest)
    np.testing.assert_array_equal(result.probabilities, [step.probability for step in trace])


def test_plausible_replacements_are_of_the_same_kind(pipeline):
    result = causal_map(pipeline, TEXT)
    assert [tried(result, j) for j in range(T_ENC)] == ["acd", "013", " /", ",/", "BC", ",/", ",/"]
    assert result.counts.tolist() == [3, 3, 2, 2, 2, 2, 2]


def test_plausible_replacements_of_the_date_vocabulary():
    choices = influence._choices(DATE_VOCABULARY.characters, "_", Replacements.PLAUSIBLE)
    by_character = dict(zip(DATE_VOCABULARY, choices, strict=True))
    assert DATE_VOCABULARY.decode(by_character["4"]) == "012356789"
    assert DATE_VOCABULARY.decode(by_character["m"]) == "abcdefghijlnoprstuvwy"
    assert DATE_VOCABULARY.decode(by_character["M"]) == "ABCDEFGHIJLNOPRSTUVWY"
    assert DATE_VOCABULARY.decode(by_character["/"]) == " ,-"
    assert DATE_VOCABULARY.decode(by_character["_"]) == " ,-/"


def test_all_replacements_are_the_rest_of_the_vocabulary(pipeline):
    result = causal_map(pipeline, TEXT, Replacements.ALL)
    assert tried(result, 1) == " ,/013ABC_abcd"
    assert result.counts.tolist() == [len(VOCABULARY) - 1] * T_ENC


def test_padding_can_be_left_out(pipeline):
    whole, typed = causal_map(pipeline, TEXT), causal_map(pipeline, TEXT, padding=False)
    n = len(TEXT)
    assert typed.counts.tolist() == [3, 3, 2, 2, 2, 0, 0]
    for effect, other in ((whole.forced, typed.forced), (whole.free, typed.free)):
        np.testing.assert_allclose(other.moved[:, :n], effect.moved[:, :n], rtol=1e-12)
        np.testing.assert_array_equal(other.changed[:, :n], effect.changed[:, :n])
        assert np.isnan(other.moved[:, n:]).all() and np.isnan(other.changed[:, n:]).all()
        assert np.isfinite(effect.moved).all() and np.isfinite(effect.changed).all()
    assert typed.to_dict()["forced"]["moved"][0][n:] == [None, None]


def test_characters_without_another_of_their_kind_are_not_replaced():
    pipeline = make_pipeline(vocabulary=Vocabulary(" 1A_a"))
    result = causal_map(pipeline, "A1")
    assert result.replacements == () and not result.counts.any()
    assert np.isnan(result.forced.moved).all() and np.isnan(result.free.changed).all()
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize("size", [1, 7, 98])
def test_the_size_of_batches_makes_no_difference(pipeline, monkeypatch, size):
    expected = causal_map(pipeline, TEXT, "all")
    monkeypatch.setattr(influence, "_BATCH_SIZE", size)
    result = causal_map(pipeline, TEXT, "all")
    assert [r.output for r in result.replacements] == [r.output for r in expected.replacements]
    np.testing.assert_allclose(result.forced.moved, expected.forced.moved, rtol=1e-9)
    np.testing.assert_allclose(result.free.moved, expected.free.moved, rtol=1e-9)


def test_texts_and_names_that_do_not_exist_are_refused(pipeline):
    with pytest.raises(SourceTextError, match="never learned"):
        causal_map(pipeline, "z")
    with pytest.raises(ValueError, match="impossible"):
        causal_map(pipeline, TEXT, "impossible")
    with pytest.raises(SourceTextError, match="empty"):
        saliency(pipeline, " ")


def test_the_strongest_replacements_are_listed_first(pipeline):
    result = causal_map(pipeline, TEXT, "all")
    sizes = [
        sum(abs(float(p) - float(q)) for p, q in zip(r.forced, result.probabilities, strict=True))
        for r in result.strongest(1, 100)
    ]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]
    assert {r.position for r in result.strongest(1, 100)} == {1}
    assert result.strongest(1, 3) == result.strongest(1, 100)[:3]


def test_a_map_goes_to_json(pipeline):
    result = causal_map(pipeline, TEXT)
    content = json.loads(json.dumps(result.to_dict(per_position=2), allow_nan=False))
    assert content["text"] == TEXT and content["source"] == TEXT.ljust(T_ENC) and content["output"] == result.output
    for way, effect in (("forced", result.forced), ("free", result.free)):
        np.testing.assert_array_equal(content[way]["moved"], effect.moved)
        np.testing.assert_array_equal(content[way]["changed"], effect.changed)
    assert content["counts"] == result.counts.tolist()
    expected = [r for j in range(T_ENC) for r in result.strongest(j, 2)]
    assert [(r["position"], r["character"], r["output"]) for r in content["replacements"]] == [
        (r.position, r.character, r.output) for r in expected
    ]
    assert content["replacements"][0]["free"] == expected[0].free.tolist()
    assert content["replacements"][0]["forced"] == expected[0].forced.tolist()


def test_what_the_shipped_model_writes_for_other_years():
    result = causal_map(load_pretrained("date-attention", "cpu"), "september 27, 1994", padding=False)
    years = {r.character: r.output for r in result.replacements if r.position == 17}
    assert years == {digit: f"199{digit}-09-27" for digit in "012356789"}
    assert result.forced.changed[3, 17] == result.free.changed[3, 17] == 1
    assert result.forced.moved[3, 17] > 0.9 > 10 * np.nanmax(result.forced.moved[4])


# ---- whose model it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [causal_map, saliency])
def test_the_model_is_used_by_one_caller_at_a_time(pipeline, ask, monkeypatch):
    model, held, used = pipeline.model, [], []
    lend = pipeline.exclusive

    @contextmanager
    def watched():
        with lend() as lent:
            held.append(True)
            yield lent
            held.pop()

    def guarded(part, name):
        method = getattr(part, name)

        def call(*args):
            assert held, f"{name} without having taken the model"
            used.append(name)
            return method(*args)

        monkeypatch.setattr(part, name, call)

    monkeypatch.setattr(pipeline, "exclusive", watched)
    for part, name in ((model.encoder.lstm, "forward"), (model.decoder.lstm, "forward"), (model.decoder, "start")):
        guarded(part, name)
    guarded(model.decoder, "backward")
    ask(pipeline, TEXT)
    assert used and not held


@pytest.mark.parametrize("ask", [causal_map, saliency])
def test_asking_leaves_the_model_as_it_was(pipeline, ask):
    parameters = [p.tobytes() for p in pipeline.model.params]
    before = pipeline.trace(TEXT)
    ask(pipeline, "3/1/2")
    after = pipeline.trace(TEXT)
    assert [p.tobytes() for p in pipeline.model.params] == parameters
    np.testing.assert_array_equal(after.logits, before.logits)


@kinds
@pytest.mark.parametrize("gpu", GPUS)
def test_a_device_gives_the_same_numbers(kind, gpu):
    here, there = make_pipeline(kind), make_pipeline(kind, backend=GPUS[gpu]())
    one, other = causal_map(here, TEXT), causal_map(there, TEXT)
    assert [r.output for r in one.replacements] == [r.output for r in other.replacements]
    np.testing.assert_allclose(other.forced.moved, one.forced.moved, rtol=1e-9)
    np.testing.assert_allclose(other.free.moved, one.free.moved, rtol=1e-9)
    np.testing.assert_allclose(saliency(there, TEXT).gradient, saliency(here, TEXT).gradient, rtol=1e-9)


def test_maps_hold_no_reference_to_the_model(pipeline):
    """A map outlives its pipeline in a cache: nothing in it may change with the next decoding."""
    first = causal_map(pipeline, TEXT)
    kept = [first.forced.moved.copy(), np.array([r.free for r in first.replacements])]
    slopes = saliency(pipeline, TEXT)
    gradient = slopes.gradient.copy()
    causal_map(pipeline, "3/1/2")
    saliency(pipeline, "3/1/2")
    np.testing.assert_array_equal(first.forced.moved, kept[0])
    np.testing.assert_array_equal([r.free for r in first.replacements], kept[1])
    np.testing.assert_array_equal(slopes.gradient, gradient)
    assert isinstance(first, InfluenceMap)
