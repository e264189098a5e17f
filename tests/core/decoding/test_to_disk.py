"""Answers and attention on disk are those of single dates, whole at every end, and memory does not grow with them."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from core.__main__ import main
from core.data.dates import make_pairs
from core.decoding import to_disk as corpus_decoding
from core.decoding.pretrained import load_pretrained
from core.decoding.to_disk import ANSWERS_FILE, ATTENTION_FILE, RowFile, UnreadableTextError, decode_corpus
from core.models.seq2seq import Decoder


@pytest.fixture(scope="module")
def pipeline():
    return load_pretrained(device="cpu")


@pytest.fixture(autouse=True)
def small_portions(monkeypatch):
    monkeypatch.setattr(corpus_decoding, "PORTION", 16)


def questions(n: int, seed: int = 3) -> list[str]:
    return [pair.question for pair in make_pairs(n, seed)]


def written(folder):
    return (folder / ANSWERS_FILE).read_text().splitlines(), np.load(folder / ATTENTION_FILE)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_the_files_hold_what_single_decodings_give(pipeline, tmp_path, dtype):
    texts, told = questions(40), []
    assert (
        decode_corpus(pipeline, iter(texts), tmp_path / "new", dtype=dtype, progress=lambda *how: told.append(how))
        == 40
    )
    answers, weights = written(tmp_path / "new")
    traces = [pipeline.trace(text) for text in texts]
    assert answers == [trace.output for trace in traces]
    assert weights.dtype == dtype and weights.shape == (40, 10, 29)
    np.testing.assert_allclose(
        weights, [trace.weights for trace in traces], rtol=1e-3, atol=1e-3 if dtype == np.float16 else 1e-6
    )
    assert [done for done, _ in told] == [16, 32, 40]
    assert all(seconds > 0 for _, seconds in told)


def test_nothing_at_all_is_two_files_without_rows(pipeline, tmp_path):
    assert decode_corpus(pipeline, [], tmp_path) == 0
    answers, weights = written(tmp_path)
    assert answers == [] and weights.shape == (0, 10, 29)


def test_what_was_done_before_a_text_that_cannot_be_read_is_kept(pipeline, tmp_path):
    texts = [*questions(20), "märz 1994", *questions(20)]
    with pytest.raises(UnreadableTextError, match=r"text 21: .*ä"):
        decode_corpus(pipeline, texts, tmp_path)
    answers, weights = written(tmp_path)
    assert answers == pipeline.decode(texts[:20])
    assert len(weights) == 20


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_ctrl_c_while_a_portion_is_written_leaves_those_before(pipeline, tmp_path, monkeypatch, dtype):
    append, calls = RowFile.append, itertools.count()

    def append_a_part(self, rows):
        if next(calls):
            append(self, rows[:5])
            raise KeyboardInterrupt
        append(self, rows)

    monkeypatch.setattr(RowFile, "append", append_a_part)
    with pytest.raises(KeyboardInterrupt):
        decode_corpus(pipeline, questions(50), tmp_path, dtype=dtype)
    answers, weights = written(tmp_path)
    assert answers == pipeline.decode(questions(50)[:16])
    assert len(weights) == 16
    header = 128
    assert (tmp_path / ATTENTION_FILE).stat().st_size == header + weights.nbytes, "nothing of a part is left"


def test_ctrl_c_between_portions_keeps_all_that_was_done(pipeline, tmp_path):
    def stop(done: int, seconds: float) -> None:
        if done == 32:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_corpus(pipeline, questions(50), tmp_path, progress=stop)
    assert [len(part) for part in written(tmp_path)] == [32, 32]


def test_memory_does_not_grow_with_the_texts(pipeline, tmp_path):
    def texts(n: int) -> Iterator[str]:
        return itertools.islice(itertools.cycle(questions(16)), n)

    most = []
    for n in (64, 1024):
        tracemalloc.start()
        decode_corpus(pipeline, texts(n), tmp_path)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < 1.1 * most[0]
    assert most[1] < 1024 * 10 * 29 * 4 * 20, "far from what all gates of all texts would take"


def test_a_model_without_attention_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no attention"):
        decode_corpus(load_pretrained("date-seq2seq", device="cpu"), [], tmp_path)


def test_a_device_without_memory_gets_smaller_batches(pipeline, tmp_path, monkeypatch, caplog):
    start = Decoder.start

    def start_few(self, encoded):
        if len(encoded) > 4:
            raise MemoryError
        start(self, encoded)

    texts = questions(20)
    expected = pipeline.decode(texts)
    monkeypatch.setattr(Decoder, "start", start_few)
    assert pipeline.decode(texts) == expected
    decode_corpus(pipeline, texts, tmp_path)
    assert written(tmp_path)[0] == expected
    assert "out of memory with 20 rows at a time; going on with 10" in caplog.text


def test_the_command(pipeline, tmp_path, capsys):
    file = tmp_path / "texts.txt"
    texts = questions(20)
    file.write_text("".join(f"{text:<29}_whatever\n" for text in texts))
    assert main(["decode-corpus", str(file), "--output", str(tmp_path / "out"), "--device", "cpu", "--half"]) == 0
    answers, weights = written(tmp_path / "out")
    assert answers == pipeline.decode(texts) and weights.dtype == np.float16
    out, err = capsys.readouterr()
    assert out.startswith("20 texts: ")
    assert [line.split(", ")[0] for line in err.splitlines()] == ["core: 16 done", "core: 20 done"]
    assert all(line.endswith(" a second") for line in err.splitlines())

    file.write_bytes(b"1994/9/27\n\xff\n")
    assert main(["decode-corpus", str(file), "--output", str(tmp_path / "out"), "--device", "cpu"]) == 1
    assert "core: text 2: " in capsys.readouterr().err
    assert len(written(tmp_path / "out")[0]) == 1
