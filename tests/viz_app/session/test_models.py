"""One decoding for all visitors: kept by parameters and normalised text, and changed by nobody."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.source_text import SourceTextError
from core.decoding.pretrained import load_pretrained
from viz_app.session import models
from viz_app.text.i18n import translator


def test_a_text_is_decoded_once_however_it_is_typed(pipelines):
    traces = [models.trace("date-attention", text) for text in ("2/10/93", " 2/10/93\n", "２/１０/９３")]
    assert pipelines["date-attention"].asked == ["2/10/93"]
    assert traces[0].output == "1993-02-10"
    assert traces[0] is traces[1] is traces[2]


def test_every_model_decodes_for_itself(pipelines):
    models.trace("date-attention", "2/10/93")
    models.trace("date-peeky", "2/10/93")
    assert [pipeline.asked for pipeline in pipelines.values()] == [["2/10/93"], ["2/10/93"], []]


def test_the_arrays_of_a_shared_decoding_cannot_be_changed(pipelines):
    pipelines["date-attention"] = load_pretrained("date-attention", "cpu")
    trace = models.trace("date-attention", "2/10/93")
    arrays = {name: value for name, value in vars(trace).items() if isinstance(value, np.ndarray)}
    assert {"weights", "scores", "hs_enc", "probabilities"} <= set(arrays)
    for array in arrays.values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_an_unreadable_text_is_refused_before_it_is_decoded(pipelines):
    with pytest.raises(SourceTextError):
        models.trace("date-attention", "x")
    assert pipelines["date-attention"].asked == []


def test_only_so_many_decodings_are_kept(pipelines, monkeypatch):
    size = models.trace("date-attention", "1/1/93").nbytes
    monkeypatch.setattr(models._traces, "most_bytes", 3 * size)
    for day in range(1, 5):
        models.trace("date-attention", f"1/{day}/93")
    decoded = len(pipelines["date-attention"].asked)
    assert decoded == 4
    models.trace("date-attention", "1/4/93")
    assert len(pipelines["date-attention"].asked) == decoded
    models.trace("date-attention", "1/1/93")
    assert len(pipelines["date-attention"].asked) == decoded + 1


def test_accuracy_is_never_rounded_up(pipelines):
    assert (
        models.accuracy("date-attention", str) == "Of 5,000 held-out dates in its seven ways of writing, 99.9 % right."
    )
    assert models.accuracy("date-attention", translator("ja")) == (
        "学習に使っていない5,000個の日付(7通りの書き方)での正解率は99.9%です。"
    )


def test_a_model_that_does_not_say_its_accuracy_gets_none(pipelines):
    pipelines["date-attention"].accuracy = None
    assert models.accuracy("date-attention", str) == ""


def test_models_have_titles_and_descriptions(pipelines):
    assert [models.title(name, str) for name in pipelines] == ["Attention", "Peeky", "Plain seq2seq"]
    assert len({models.description(name, str) for name in pipelines}) == 3


def test_a_model_of_ones_own_goes_by_its_name():
    assert (models.title("my-model", str), models.description("my-model", str)) == ("my-model", "")
