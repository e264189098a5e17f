"""The whole way on a GPU, from a text to a trace and from dates to a trained model, gives what the CPU gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.analysis.metrics import evaluate_pipeline
from core.backend.devices import get_backend
from core.data.corpus import Corpus, split_by_day
from core.data.dates import make_pairs
from core.decoding.beam import beam_search
from core.decoding.interventions import (
    Argmax,
    ForceCharacter,
    Gold,
    Mask,
    MaskPadding,
    Permute,
    ReplaceCharacter,
    SetWeights,
    Temperature,
    Uniform,
)
from core.decoding.pretrained import PARAMETER_FILE, available_models, load_pipeline, load_pretrained
from core.decoding.to_disk import ATTENTION_FILE, decode_corpus
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import read_safetensors
from core.training import training_run
from core.training.plan import TrainingPlan
from core.training.recipe import Recipe
from core.training.training_data import GeneratedData
from core.training.training_run import TrainingRun
from tests.core.pipelines import TEXT, make_pipeline
from tests.devices import GPUS

CHANGES: dict[str, list[Any]] = {
    "none": [],
    "written": [ForceCharacter(1, "3")],
    "typed": [ReplaceCharacter(0, "d")],
    "sharper": [Temperature(0.5), Temperature(2.0, step=1)],
    "only the largest": [Argmax(step=0)],
    "even": [Uniform()],
    "shuffled": [Permute(seed=4)],
    "masked": [Mask((0, 2)), MaskPadding(step=2)],
    "gold": [Gold()],
    "by hand": [SetWeights({0: 0.25, 3: 0.5}, step=1)],
}
NUMBERS = ("hs_enc", "hs_dec", "scores", "weights", "context", "logits", "probabilities")
DATES = list(Corpus.from_pairs(make_pairs(60, seed=11)).questions)


@pytest.fixture(params=GPUS)
def gpu(request):
    return GPUS[request.param]()


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_trace_with_every_kind_of_change(gpu, changes):
    here, there = (make_pipeline(backend=backend).trace(TEXT, changes) for backend in (get_backend("cpu"), gpu))
    assert there.output == here.output
    for name in NUMBERS:
        on_gpu, on_cpu = getattr(there, name), getattr(here, name)
        assert isinstance(on_gpu, np.ndarray)
        np.testing.assert_allclose(on_gpu, on_cpu, rtol=1e-11, atol=1e-12, err_msg=name)


def test_a_beam(gpu):
    here, there = (beam_search(make_pipeline(backend=backend), TEXT, 3) for backend in (get_backend("cpu"), gpu))
    assert [node.id for node in there.nodes] == [node.id for node in here.nodes]
    np.testing.assert_allclose(
        [node.log_probability for node in there.nodes], [node.log_probability for node in here.nodes], rtol=1e-10
    )


@pytest.mark.parametrize("name", available_models())
def test_the_shipped_models(gpu, name, tmp_path):
    here = load_pretrained(name, device="cpu")
    there = load_pipeline(PRETRAINED_FOLDER / name / PARAMETER_FILE, name, gpu)
    assert there.decode(DATES) == here.decode(DATES)
    if not here.model.has_attention:
        return
    np.testing.assert_allclose(there.decode_with_attention(DATES)[1], here.decode_with_attention(DATES)[1], atol=1e-5)
    decode_corpus(there, iter(DATES), tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / ATTENTION_FILE), there.decode_with_attention(DATES)[1])


def test_a_training_stopped_and_resumed(gpu, tmp_path, monkeypatch):
    """Three epochs on the CPU; the same on the GPU, the last of them by a run that resumes."""
    train, test = split_by_day(Corpus.from_pairs(make_pairs(240, seed=3)), 0.2, seed=3)
    recipe = Recipe(wordvec_size=4, hidden_size=8, batch_size=32, epochs=3, warmup=5, learning_rate=0.01)
    plan = TrainingPlan("AttentionSeq2seq", recipe, 0, train, test, GeneratedData(240, 3))
    here = TrainingRun(plan, tmp_path / "cpu", device="cpu").run()

    monkeypatch.setattr(training_run, "get_backend", lambda device: gpu)
    (tmp_path / "gpu").mkdir()

    class Interrupted(Exception):
        """Ends a run between two epochs."""

    def interrupt(result):
        if result.epoch == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        TrainingRun(plan, tmp_path / "gpu").run(on_epoch=interrupt)
    resumed = TrainingRun(plan, tmp_path / "gpu")
    resumed.resume()
    there = resumed.run()
    assert evaluate_pipeline(there, test) == evaluate_pipeline(here, test)
    files = [read_safetensors(tmp_path / device / PARAMETER_FILE)[0] for device in ("cpu", "gpu")]
    for name, parameter in files[0].items():
        np.testing.assert_allclose(files[1][name], parameter, atol=2e-4, err_msg=name)
