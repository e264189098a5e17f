"""Parameter files: exact round trips, every difference named, nothing but `CheckpointError` from any file."""

import errno
import json
import os
import pickle
import stat
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given
from hypothesis import strategies as st

from core.backend.numpy_backend import CPU
from core.data.source_text import SourceTextError
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary
from core.decoding.pretrained import load_pipeline
from core.files.atomic_write import write_atomically
from core.models.parameters import (
    CheckpointError,
    assign_parameters,
    is_safetensors,
    load_parameters,
    named_parameters,
    parameter_digest,
    read_safetensors,
    save_parameters,
)
from core.models.spec import MAX_SIZE, MODEL_CLASSES, ModelSpec
from core.training.mistakes import MISTAKES
from tests.core.checks import LAYOUTS
from tests.core.small_models import CLASSES, LETTERS, make_model, make_spec

ROOT = Path(__file__).resolve().parents[3]

kinds = pytest.mark.parametrize("kind", CLASSES)


def assert_same_parameters(one, other):
    for name, a, b in zip(one.parameter_names, one.params, other.params, strict=True):
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), name


def saved(tmp_path, kind="AttentionSeq2seq", **changes):
    """A file with a model and its description."""
    spec = make_spec(kind, **changes)
    model = make_model(spec)
    file = tmp_path / "model.safetensors"
    save_parameters(file, model, spec.to_metadata())
    return file, model, spec


# --------------------------------------------------------------------------------------------------- round trips


@kinds
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_what_is_saved_is_loaded_bit_for_bit(tmp_path, kind, layout, dtype):
    spec = make_spec(kind)
    model, other = make_model(spec), make_model(spec, seed=9)
    expected = [parameter.astype(dtype).astype(np.float32) for parameter in model.params]
    model.params[:] = [LAYOUTS[layout](parameter) for parameter in model.params]
    file = tmp_path / "deep" / "folder" / "model.safetensors"
    save_parameters(file, model, {"note": "Grüße ☃"}, dtype)
    metadata = load_parameters(file, other)
    assert metadata == {"note": "Grüße ☃", "dtype": np.dtype(dtype).name}
    for name, got, wanted in zip(other.parameter_names, other.params, expected, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, wanted, err_msg=name)
    stored, _ = read_safetensors(file)
    assert {array.dtype for array in stored.values()} == {np.dtype(dtype)}


def test_loading_writes_into_the_arrays_that_the_layers_hold(tmp_path):
    file, model, spec = saved(tmp_path)
    other = make_model(spec, seed=9)
    held = [id(parameter) for parameter in other.params]
    load_parameters(file, other)
    assert [id(parameter) for parameter in other.params] == held
    xs = LETTERS.encode("fab    ")[None]
    assert other.generate(xs, 0, 4) == model.generate(xs, 0, 4)


@kinds
def test_save_params_and_load_params_of_a_model(tmp_path, kind):
    spec = make_spec(kind)
    model, other = make_model(spec), make_model(spec, seed=9)
    model.save_params(tmp_path / "params.safetensors")
    other.load_params(tmp_path / "params.safetensors")
    assert_same_parameters(model, other)


@kinds
def test_a_pickle_of_the_book_is_loaded(tmp_path, kind):
    spec = make_spec(kind)
    model, other = make_model(spec), make_model(spec, seed=9)
    halves = [parameter.astype(np.float16) for parameter in model.params]
    (tmp_path / "book.pkl").write_bytes(pickle.dumps(halves))
    assert load_parameters(tmp_path / "book.pkl", other) == {}
    for got, half in zip(other.params, halves, strict=True):
        np.testing.assert_array_equal(got, half.astype(np.float32))


def test_float64_parameters_are_rounded_once(tmp_path):
    spec = make_spec()
    model = make_model(spec, dtype=np.float64)
    save_parameters(tmp_path / "m.safetensors", model)
    other = make_model(spec, seed=9)
    load_parameters(tmp_path / "m.safetensors", other)
    np.testing.assert_array_equal(other.params[2], model.params[2].astype(np.float32))


# ------------------------------------------------------------------------------------------ every mismatch named


def test_every_difference_is_named_and_nothing_is_copied(tmp_path):
    spec = make_spec()
    model = make_model(spec)
    parameters = named_parameters(make_model(spec, seed=9))
    parameters["encoder.embed.w"] = parameters.pop("encoder.embed.W")
    parameters["encoder.lstm.Wx"] = parameters["encoder.lstm.Wx"].T
    parameters["encoder.lstm.b"] = parameters["encoder.lstm.b"].astype(np.int64)
    parameters["decoder.lstm.b"] = np.full_like(parameters["decoder.lstm.b"], np.nan)
    parameters["decoder.affine.b"] = np.full(8, 1e300)
    # Above the largest number of float16.
    parameters["decoder.affine.W"] = np.full_like(parameters["decoder.affine.W"], np.inf).astype(np.float16)
    before = [parameter.copy() for parameter in model.params]
    with pytest.raises(CheckpointError) as caught:
        assign_parameters(model, parameters, "the file")
    for sentence in (
        "the file: does not fit AttentionSeq2seq: ",
        "encoder.embed.W is missing",
        "encoder.embed.w is not expected",
        "encoder.lstm.Wx has shape (24, 3), expected (3, 24)",
        "encoder.lstm.b has dtype int64, expected float16, float32 or float64",
        "decoder.lstm.b holds values that are not finite",
        "decoder.affine.b holds values that are not finite in float32",
        "decoder.affine.W holds values that are not finite in float16, in which they are stored",
    ):
        assert sentence in str(caught.value)
    for parameter, was in zip(model.params, before, strict=True):
        np.testing.assert_array_equal(parameter, was)


@pytest.mark.parametrize("position", range(10))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_is_found(position, value):
    model = make_model(make_spec())
    parameters = named_parameters(make_model(make_spec(), seed=9))
    name = model.parameter_names[position]
    parameters[name].reshape(-1)[-1] = value
    with pytest.raises(CheckpointError, match=f"{name} holds values that are not finite"):
        assign_parameters(model, parameters, "file")


def test_a_model_of_another_class_or_size_is_refused(tmp_path):
    file, _, _ = saved(tmp_path)
    with pytest.raises(CheckpointError, match=r"decoder.affine.W has shape \(12, 8\), expected \(6, 8\)"):
        load_parameters(file, make_model(make_spec("Seq2seq")))
    with pytest.raises(CheckpointError, match=r"encoder.lstm.Wh has shape \(6, 24\), expected \(5, 20\)"):
        load_parameters(file, make_model(make_spec(hidden_size=5)))


def test_a_pickle_with_another_number_of_arrays_is_refused(tmp_path):
    file = tmp_path / "book.pkl"
    file.write_bytes(pickle.dumps([np.zeros(3, np.float32)] * 3))
    with pytest.raises(CheckpointError, match=r"book.pkl: has 3 arrays; expected 10"):
        load_parameters(file, make_model(make_spec()))
    file.write_bytes(pickle.dumps({}))
    with pytest.raises(CheckpointError, match="neither a safetensors file nor a parameter file of the book"):
        load_parameters(file, make_model(make_spec()))


# ------------------------------------------------------------------------------------------------- descriptions


@kinds
@pytest.mark.parametrize("changes", [{}, {"reversed_input": False}, {"vocabulary": DATE_VOCABULARY}])
def test_a_description_comes_back_from_its_metadata(kind, changes):
    spec = make_spec(kind, **changes)
    metadata = spec.to_metadata()
    assert all(isinstance(value, str) for value in metadata.values())
    assert ModelSpec.from_metadata(metadata | {"other": "kept apart"}) == spec
    assert spec.start_id == spec.vocabulary.id_of("_")


def test_metadata_says_what_the_issue_asks_for():
    metadata = make_spec(vocabulary=Vocabulary('_a" \\é')).to_metadata()
    assert metadata["model_class"] == "AttentionSeq2seq" and metadata["gate_order"] == "f,g,i,o"
    assert (metadata["vocab_size"], metadata["wordvec_size"], metadata["hidden_size"]) == ("6", "3", "6")
    assert json.loads(metadata["vocabulary"]) == '_a" \\é' and metadata["reversed_input"] == "true"
    assert (metadata["start_character"], metadata["source_length"], metadata["target_length"]) == ("_", "7", "4")


YOUNGER = {"score": "dot", "bidirectional": False, "mistake": ""}


def test_a_file_of_the_first_models_is_of_the_first_kind():
    metadata = {key: value for key, value in make_spec().to_metadata().items() if key not in YOUNGER}
    spec = ModelSpec.from_metadata(metadata)
    assert spec == make_spec()
    assert {name: getattr(spec, name) for name in YOUNGER} == YOUNGER


@pytest.mark.parametrize(
    "changes",
    [
        {"score": "general"},
        {"score": "additive", "bidirectional": True},
        {"score": "scaled-dot", "mistake": "wrong-first-state"},
        {"model_class": "Seq2seq", "bidirectional": True},
        {"model_class": "PeekySeq2seq", "bidirectional": True},
        *({"mistake": name} for name, mistake in MISTAKES.items() if mistake.where != "picture"),
    ],
)
def test_a_description_comes_back_whole(changes):
    spec = make_spec(**changes)
    assert ModelSpec.from_metadata(spec.to_metadata()) == spec


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"score": "bilinear"}, "score is 'bilinear'; expected one of dot, scaled-dot, general, additive"),
        ({"model_class": "Seq2seq", "score": "general"}, "Seq2seq has no attention, which the score general needs"),
        ({"model_class": "PeekySeq2seq", "mistake": "context-not-fed"}, "which the mistake context-not-fed needs"),
        ({"mistake": "none"}, "mistake is 'none'; expected one of affine-not-scaled, "),
        ({"mistake": "context-not-fed", "source_length": 257}, "source_length is 257; a mistake is shown with at most"),
        ({"bidirectional": True, "hidden_size": 7}, "hidden_size is 7; expected an even number for a bidirectional"),
    ],
)
def test_variants_that_do_not_fit_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        make_spec(**changes)


@pytest.mark.parametrize("key", [key for key in make_spec().to_metadata() if key not in YOUNGER])
def test_a_missing_part_of_the_description_is_named(key):
    metadata = make_spec().to_metadata()
    del metadata[key]
    with pytest.raises(ValueError, match=f"lacks {key}$"):
        ModelSpec.from_metadata(metadata)


HOSTILE = {
    "model_class": ["", "Seq2Seq", "os.system", "attentionseq2seq", "\x00", "AttentionSeq2seq "],
    "vocab_size": ["", "9", "08 ", "-8", "8.0", "٨", "1e1", "9" * 5000, "8\n"],
    "wordvec_size": ["0", "-3", "3.5", "", "4097", "9" * 5000, "½", "0x3", "nan"],
    "hidden_size": ["0", "06", "4097", "1_0", "+5", "999999999"],
    "gate_order": ["", "i,f,g,o", "f,g,i", "f, g, i, o", "F,G,I,O"],
    "vocabulary": [
        "",
        "null",
        "8",
        "NaN",
        '""',
        '"aa_ "',
        '["_", "a", " "]',
        '{"_": 0, " ": 1}',
        '"\\ud800_ "',
        '"abc" "_ "',
        '"abc_"',
        '"abc "',
        "[" * 100_000,
        "9" * 5000,
        "\ud800",
    ],
    "reversed_input": ["", "True", "1", "yes", "null", "TRUE", "true "],
    "start_character": ["", "__", "x", "\n", "_ "],
    "source_length": ["0", "4097", "-1", "seven"],
    "target_length": ["0", "4097", "", "4\x00"],
    "score": ["", "Dot", "dot ", "concat", "x" * 5000, "\x1b[1m"],
    "bidirectional": ["", "True", "1", "null", "false\n"],
    "mistake": ["none", " ", "labels-reverse", "x" * 5000, "\x00"],
}


HOSTILE_VALUES = [value for values in HOSTILE.values() for value in values]


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in HOSTILE.items() for value in values])
def test_a_hostile_part_of_the_description_is_named_briefly(key, value):
    with pytest.raises(
        ValueError, match=r"class|size|length|gates|vocabulary|reversed_input|start|score|bidirectional|mistake"
    ) as caught:
        ModelSpec.from_metadata(make_spec().to_metadata() | {key: value})
    assert type(caught.value) is ValueError
    assert len(str(caught.value)) < 300 and str(caught.value).isprintable()


@given(
    st.dictionaries(st.sampled_from(list(HOSTILE)), st.text(max_size=20) | st.sampled_from(["1", "8", "true", '"_ "']))
)
def test_any_metadata_gives_a_description_or_a_value_error(changes):
    try:
        spec = ModelSpec.from_metadata(make_spec().to_metadata() | changes)
    except ValueError:
        return
    assert ModelSpec.from_metadata(spec.to_metadata()) == spec
    assert 1 <= min(spec.wordvec_size, spec.hidden_size, spec.source_length, spec.target_length) <= MAX_SIZE
    assert spec.vocabulary.id_of(" ") >= 0 and spec.start_id >= 0


@given(key=st.sampled_from(list(HOSTILE)), value=st.text(max_size=12) | st.sampled_from(HOSTILE_VALUES))
@example("hidden_size", "4096")
@example("wordvec_size", "4096")
@example("model_class", "PeekySeq2seq")
@example("model_class", "Seq2seq")
@example("score", "general")
@example("bidirectional", "true")
@example("mistake", "affine-not-scaled")
@example("mistake", "weights-without-encoder")
def test_a_file_with_a_tampered_description_loads_as_it_says_or_is_refused(tmp_path_factory, key, value):
    value = value.replace("\ud800", "")  # no file can hold it
    spec = make_spec()
    metadata = spec.to_metadata() | {key: value}
    content = safetensors.numpy.save(named_parameters(make_model(spec)), metadata)
    file = tmp_path_factory.getbasetemp() / "tampered.safetensors"
    file.write_bytes(content)
    try:
        pipeline = load_pipeline(file, "tampered", CPU)
    except CheckpointError as error:
        assert len(str(error)) < 2000
        return
    assert pipeline.spec == ModelSpec.from_metadata(metadata)
    assert len(pipeline.trace("a").output) == pipeline.target_length


@pytest.mark.parametrize("sizes", [{"hidden_size": "4096"}, {"wordvec_size": "4096"}, {"vocab_size": "50008"}])
def test_sizes_that_the_file_does_not_hold_are_refused_before_memory_is_taken(tmp_path, sizes, monkeypatch):
    file, model, spec = saved(tmp_path)
    metadata = spec.to_metadata() | sizes
    if "vocab_size" in sizes:
        metadata["vocabulary"] = json.dumps("".join(LETTERS) + "".join(map(chr, range(0x10000, 0x10000 + 50_000))))
    file.write_bytes(safetensors.numpy.save(named_parameters(model), metadata))
    monkeypatch.setattr(ModelSpec, "build", lambda *_, **__: pytest.fail("a model of these sizes was built"))
    with pytest.raises(CheckpointError, match=r"it holds \d+ numbers; a model of V = \d+, D = \d+, H = \d+ has more"):
        load_pipeline(file, "forged", CPU)


@kinds
def test_the_least_number_of_parameters_is_below_that_of_every_model(kind):
    for V, D, H in ((2, 1, 1), (59, 16, 256), (2, 300, 1), (1000, 1, 2)):
        vocabulary = Vocabulary("_ " + "".join(map(chr, range(0x1000, 0x1000 + V - 2))))
        spec = make_spec(kind, vocabulary=vocabulary, wordvec_size=D, hidden_size=H)
        spec.check_sizes(named_parameters(spec.build()))


# -------------------------------------------------------------------------------------------------- wrong files


def load_into_a_model(file):
    return load_parameters(file, make_model(make_spec()))


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path):
    file, _, _ = saved(tmp_path)
    content = file.read_bytes()
    for end in [*range(0, 40), *range(40, len(content), 97), len(content) - 1]:
        file.write_bytes(content[:end])
        with pytest.raises(CheckpointError, match=r"model.safetensors: "):
            read_safetensors(file)
        with pytest.raises(CheckpointError, match=r"model.safetensors: "):
            load_into_a_model(file)
        with pytest.raises(CheckpointError, match=r"model.safetensors: "):
            load_pipeline(file, "cut", CPU)


@given(st.binary(max_size=200))
@example(b"")
@example(struct.pack("<Q", 2) + b"{}")
@example(struct.pack("<Q", 2**63) + b"{")
@example(struct.pack("<Q", 50) + b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}')
@example(struct.pack("<Q", 56) + b'{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}  ' + bytes(4))
@example(struct.pack("<Q", 27) + b'{"__metadata__":{"a":null}}')
def test_any_bytes_are_refused(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any.safetensors"
    file.write_bytes(content)
    with pytest.raises(CheckpointError):
        load_into_a_model(file)
    with pytest.raises(CheckpointError):
        load_pipeline(file, "any", CPU)


@given(st.data())
def test_a_file_with_other_bytes_in_it_is_refused_or_read(tmp_path_factory, data):
    spec = make_spec()
    content = bytearray(safetensors.numpy.save(named_parameters(make_model(spec)), spec.to_metadata()))
    header = 8 + struct.unpack("<Q", content[:8])[0]
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, header - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "bytes.safetensors"
    file.write_bytes(bytes(content))
    try:
        pipeline = load_pipeline(file, "bytes", CPU)
    except CheckpointError:
        return
    with suppress(SourceTextError):  # the text may have become too long, or unknown
        pipeline.decode(["fab"])


@pytest.mark.parametrize("load", [read_safetensors, is_safetensors, load_into_a_model])
def test_what_is_no_file_is_named(tmp_path, load):
    with pytest.raises(CheckpointError, match=r"none.safetensors: there is no such file"):
        load(tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match=tmp_path.name):
        load(tmp_path)
    with pytest.raises(CheckpointError):
        load("a\0b.safetensors")
    with pytest.raises(CheckpointError):
        load("")


def test_a_safetensors_file_is_told_from_others(tmp_path):
    file, _, _ = saved(tmp_path)
    assert is_safetensors(file)
    for content in (b"", b"\x80\x04]", b"12345678[", b"12345678{", pickle.dumps([np.zeros(9)])):
        file.write_bytes(content)
        assert not is_safetensors(file)


# ------------------------------------------------------------------------------------------------------- writing


def test_a_file_is_replaced_in_one_step(tmp_path, monkeypatch):
    file = tmp_path / "file"
    write_atomically(file, b"old")
    seen = []
    replace = Path.replace

    def spy(self, target):
        seen.append((file.read_bytes(), self.read_bytes(), sorted(p.name for p in tmp_path.iterdir())))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", spy)
    write_atomically(file, b"new")
    ((old, new, names),) = seen
    assert (old, new, len(names)) == (b"old", b"new", 2)
    assert file.read_bytes() == b"new" and [p.name for p in tmp_path.iterdir()] == ["file"]


class FullDisk:
    """`Path.write_bytes` on a disk on which 3 bytes are left."""

    def __init__(self, monkeypatch):
        original = Path.write_bytes

        def write(self, content):
            original(self, content[:3])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(Path, "write_bytes", write)


def test_when_the_disk_is_full_the_old_file_stays_and_is_named(tmp_path, monkeypatch):
    file, _, spec = saved(tmp_path)
    before = file.read_bytes()
    FullDisk(monkeypatch)
    with pytest.raises(OSError, match="No space left on device") as caught:
        save_parameters(file, make_model(spec, seed=9), spec.to_metadata())
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(file))
    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_when_stopped_while_writing_the_old_file_stays(tmp_path, monkeypatch):
    file, _, spec = saved(tmp_path)
    before = file.read_bytes()

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        save_parameters(file, make_model(spec, seed=9), spec.to_metadata())
    assert file.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("place", ["folder", "folder/in a file/model"])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "in a file").write_text("x")
    with pytest.raises(OSError) as caught:
        write_atomically(tmp_path / place, b"x")
    assert caught.value.filename == str(tmp_path / place)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["folder", "in a file"]


def test_parameters_that_are_not_finite_in_the_stored_precision_are_not_written(tmp_path):
    file, model, spec = saved(tmp_path)
    before = file.read_bytes()
    model.params[2][0, 0] = 70_000
    model.params[9][1] = np.nan
    with pytest.raises(CheckpointError, match=r"encoder.lstm.Wh, decoder.affine.b are not finite numbers in float16"):
        save_parameters(file, model, spec.to_metadata(), np.float16)
    with pytest.raises(CheckpointError, match=r"not written: decoder.affine.b are not finite numbers in float32"):
        save_parameters(file, model, spec.to_metadata())
    assert file.read_bytes() == before


def test_written_files_have_the_usual_permissions(tmp_path):
    usual = tmp_path / "usual"
    usual.write_bytes(b"")
    write_atomically(tmp_path / "written", b"")
    assert stat.S_IMODE((tmp_path / "written").stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


# -------------------------------------------------------------------------------------------------------- digests


def test_the_digest_depends_on_every_value_name_shape_and_dtype():
    parameters = named_parameters(make_model(make_spec()))
    digest = parameter_digest(parameters)
    assert len(digest) == 64 and digest == parameter_digest(dict(reversed(list(parameters.items()))))
    others = {digest}
    for name, array in parameters.items():
        for position in (0, array.size - 1):
            changed = array.copy()
            changed.reshape(-1)[position] = np.nextafter(changed.reshape(-1)[position], np.inf, dtype=np.float32)
            others.add(parameter_digest(parameters | {name: changed}))
        if array.ndim == 2:
            others.add(parameter_digest(parameters | {name: array.reshape(-1)}))
        others.add(parameter_digest(parameters | {name: array.astype(np.float64)}))
        renamed = {("x" if key == name else key): value for key, value in parameters.items()}
        others.add(parameter_digest(renamed))
    assert len(others) == 1 + 2 * 10 + 7 + 10 + 10


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_digest_does_not_depend_on_the_memory_layout(layout):
    parameters = named_parameters(make_model(make_spec()))
    assert parameter_digest({n: LAYOUTS[layout](a) for n, a in parameters.items()}) == parameter_digest(parameters)


def test_a_file_and_its_copy_have_the_same_digest(tmp_path):
    file, model, _ = saved(tmp_path)
    pipeline = load_pipeline(file, "one", CPU)
    save_parameters(tmp_path / "copy.safetensors", pipeline.model, pipeline.spec.to_metadata() | {"more": "notes"})
    assert load_pipeline(tmp_path / "copy.safetensors", "two", CPU).digest == pipeline.digest
    assert pipeline.digest == parameter_digest(named_parameters(model))


def test_model_classes_are_known_by_their_names():
    assert list(MODEL_CLASSES) == list(CLASSES)
    for kind in CLASSES:
        model = make_spec(kind).build()
        assert type(model).__name__ == kind
        assert [p.shape for p in named_parameters(model).values()] == [p.shape for p in model.params]


def test_the_same_model_is_the_same_bytes_in_every_process(tmp_path):
    code = (
        "import sys; from tests.core.small_models import *; from core.models.parameters import save_parameters\n"
        "spec = make_spec('AttentionSeq2seq')\n"
        "extra = {f'note {i}': 'Grüße ☃' * i for i in range(9)}\n"
        "save_parameters(sys.argv[1], make_model(spec), spec.to_metadata() | extra)"
    )
    contents = set()
    for seed in ("0", "1"):
        file = tmp_path / seed
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, file], cwd=ROOT, env=environment, check=True)
        contents.add(file.read_bytes())
    (content,) = contents
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0 and list(header["__metadata__"]) == sorted(header["__metadata__"])
    arrays, metadata = read_safetensors(file)
    spec = make_spec("AttentionSeq2seq")
    assert metadata["note 2"] == "Grüße ☃" * 2
    assert all(np.array_equal(arrays[name], array) for name, array in named_parameters(make_model(spec)).items())
