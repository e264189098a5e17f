"""Corpus files are read whole or refused line by line; splits share no day."""

import hashlib
import pickle
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.data.corpus import MAX_BYTES, Corpus, CorpusError, LineProblem, read_corpus, split_by_day, write_corpus
from core.data.dates import make_pairs, read_pair
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary

FIRST = "september 27, 1994           _1994-09-27"
SECOND = "2/10/93                      _1993-02-10"

# One file is written again and again, so that the folder need not be a new one for every example.
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "dates.txt"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.from_pairs(make_pairs(20_000, seed=3))


def written(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines))
    return path


def refusal(path: Path, **options) -> CorpusError:
    with pytest.raises(CorpusError) as caught:
        read_corpus(path, **options)
    return caught.value


def test_the_file_is_the_books_format(path):
    pairs = make_pairs(2, seed=1)
    write_corpus(path, pairs)
    assert path.read_bytes() == (
        b"Sep 5, 2010                  _2010-09-05\n"
        b"10/12/93                     _1993-10-12\n"
    )  # fmt: skip


def test_reading_gives_the_pairs_without_padding(path):
    corpus = read_corpus(written(path, FIRST, SECOND))
    assert corpus == Corpus(["september 27, 1994", "2/10/93"], ["1994-09-27", "1993-02-10"])
    assert list(corpus) == [("september 27, 1994", "1994-09-27"), ("2/10/93", "1993-02-10")]
    assert len(corpus) == 2
    assert (corpus.question_length, corpus.answer_length) == (29, 10)
    assert read_corpus(str(path)) == corpus


def test_a_generated_corpus_round_trips(corpus, path):
    write_corpus(path, corpus)
    assert read_corpus(path) == corpus
    assert corpus.digest == hashlib.sha256(path.read_bytes()).hexdigest() == read_corpus(path).digest
    assert corpus.digest != corpus.take(range(len(corpus) - 1)).digest


@pytest.mark.parametrize(
    "content",
    [
        f"{FIRST}\r\n{SECOND}\r\n",
        f"{FIRST}\n{SECOND}",
        f"\ufeff{FIRST}\n{SECOND}\n",
        f"\ufeff{FIRST}\r\n{SECOND}",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_line_ends_and_byte_order_marks_make_no_difference(path, content, encoding):
    if encoding != "utf-8":
        content = f"\ufeff{content.removeprefix(chr(0xFEFF))}"
    path.write_bytes(content.encode(encoding))
    assert read_corpus(path) == Corpus(["september 27, 1994", "2/10/93"], ["1994-09-27", "1993-02-10"])


BAD_LINES: list[tuple[str | bytes, str]] = [
    ("september 27, 1994            1994-09-27", "no '_' between question and answer"),
    ("2/10/93                      _1993-02-30", "the answer is '1993-02-30'; expected a day that exists"),
    ("2/10/93                      _1993-2-10", "the answer is '1993-2-10'; expected a day that exists"),
    ("2/10/93                      _1993-W06-3", "the answer is '1993-W06-3'|character 36 is 'W'"),
    ("2/10/93                      _19930210", "the answer is '19930210'"),
    ("2/10/93                      _1993-02-10 ", "the answer is '1993-02-10 '"),
    ("2/10/93                      _", "the answer is ''; expected a day that exists, written YYYY-MM-DD"),
    ("2/10/93                      _1993-02-10_1993-02-10_", "the answer is '1993-02-10_1993-02-1' and 2 char"),
    ("2/10/93_1993-02-10", "the padded question has 7 characters; the lines before have 29"),
    ("WEDNESDAY, SEPTEMBER 27, 19950_1995-09-27", "the padded question has 30 characters; the lines before have 29"),
    ("2.10.93                      _1993-02-10", r"character 2 is '\.' \(U\+002E FULL STOP\); it is not in the"),
    ("2/10/9３                      _1993-02-10", r"character 7 is '３' \(U\+FF13 FULLWIDTH DIGIT THREE\)"),
    ("2/10/93\t                     _1993-02-10", r"character 8 is U\+0009; it is not in the vocabulary"),
    ("2/10/93\r                     _1993-02-10", r"character 8 is U\+000D"),
    ("\ufeff2/10/93                     _1993-02-10", r"character 1 is U\+FEFF ZERO WIDTH NO-BREAK SPACE"),
    (b"2/10/93 \xe9                    _1993-02-10", "not UTF-8 at byte 9; save the file as UTF-8"),
    (b"2/10/93\x00                     _1993-02-10", r"character 8 is U\+0000"),
    ("                             _1993-02-10", "no question before the '_'"),
    ("_1993-02-10", "no question before the '_'"),
    ("", "blank; delete it"),
    ("     ", "blank; delete it"),
]


@pytest.mark.parametrize(("line", "problem"), BAD_LINES)
def test_a_bad_line_is_named_with_what_is_wrong(path, line, problem):
    error = refusal(written(path, FIRST, line, SECOND))
    assert [bad.line for bad in error.lines] == [2]
    assert re.match(problem, error.lines[0].problem), error.lines[0].problem
    assert error.total == 1
    assert str(error).startswith(f"{path}: 1 of 3 lines is bad; nothing was read. Correct it:\n  line 2: ")


def test_every_bad_line_is_named(path):
    lines = [line for line, _ in BAD_LINES[:19]]
    error = refusal(written(path, FIRST, *lines, SECOND))
    assert [bad.line for bad in error.lines] == list(range(2, 21))
    assert error.total == 19


def test_the_first_twenty_are_listed_and_all_counted(path):
    error = refusal(written(path, FIRST, *1000 * ["nothing"], SECOND))
    assert [bad.line for bad in error.lines] == list(range(2, 22))
    assert error.total == 1000
    assert str(error).count("\n") == 21
    assert str(error).endswith("\n  and 980 more")


def test_a_bad_first_line_does_not_set_the_widths(path):
    error = refusal(written(path, "nothing", FIRST, SECOND))
    assert error.lines == (LineProblem(1, "no '_' between question and answer"),)


def test_a_blank_last_line_is_named_too(path):
    error = refusal(written(path, FIRST, ""))
    assert error.lines == (LineProblem(2, "blank; delete it"),)


def test_a_long_bad_line_makes_no_long_message(path):
    error = refusal(written(path, FIRST, "x" * 100_000, "1_" + "1" * 100_000, "_" * 100_000))
    assert error.total == 3
    assert len(str(error)) < 600


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_no_corpus(path, content):
    path.write_bytes(content)
    error = refusal(path)
    assert str(error) == f"{path}: is empty; expected one pair a line, the padded question, '_' and the answer"
    assert (error.lines, error.total) == ((), 0)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32", "cp037"])
def test_other_encodings_are_refused(path, encoding):
    path.write_bytes(f"{FIRST}\n{SECOND}\n".encode(encoding))
    assert refusal(path).total > 0


def test_a_file_that_cannot_be_read(tmp_path):
    assert "cannot be read" in str(refusal(tmp_path))
    assert "No such file" in str(refusal(tmp_path / "missing.txt"))
    assert "No such file" in str(refusal(tmp_path / "missing" / "dates.txt"))
    for name in ("a\0b", "a\ud800b", "a" * 5000):
        assert "cannot be read" in str(refusal(tmp_path / name))


def test_a_file_that_is_too_large_is_refused(path):
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert f"is larger than {MAX_BYTES} bytes" in str(refusal(path))


def test_a_file_that_cannot_be_written(tmp_path, corpus):
    for name in ("", "missing/dates.txt", "a\0b"):
        with pytest.raises(CorpusError, match="cannot be written"):
            write_corpus(tmp_path / name, corpus)


def test_an_error_survives_a_trip_to_another_process(path):
    error = refusal(written(path, FIRST, "nothing"))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_other_questions_and_answers_in_the_same_format(path):
    sums = written(path, "16+75  _91  ", "52+607 _659 ")
    corpus = read_corpus(sums, None, dates=False)
    assert corpus == Corpus(["16+75", "52+607"], ["91", "659"], 7, 4)
    x, t = corpus.arrays(corpus.vocabulary())
    assert "".join(corpus.vocabulary()) == " +0125679_"
    assert corpus.vocabulary().decode(x[0]) == "16+75  "
    assert corpus.vocabulary().decode(t[0]) == "_91  "
    write_corpus(path, corpus)
    assert path.read_bytes() == b"16+75  _91  \n52+607 _659 \n"
    assert refusal(sums, dates=False).lines[0].problem.startswith("character 3 is '+' (U+002B PLUS SIGN)")


@pytest.mark.parametrize("vocabulary", [None, DATE_VOCABULARY])
def test_a_corpus_of_another_task_is_told_in_one_sentence(path, vocabulary):
    error = refusal(written(path, "16+75  _91  ", "52+607 _659 "), vocabulary=vocabulary)
    assert (error.lines, error.other_task) == ((), True)
    assert "is a corpus, but not of dates" in str(error) and "python -m core book SCRIPT.py" in str(error)
    mixed = refusal(written(path, "16+75  _91        ", "2/10/93_1993-02-10"), vocabulary=None)
    assert mixed.lines and not mixed.other_task


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("5+5   _10 ", "the padded question has 6 characters; the lines before have 5"),
        ("5+5  _10", "the answer has 2 characters; the lines before have 3"),
        ("5+5  _10_", "more than one '_'"),
        ("5+5\r _10 ", r"a carriage return inside the line; end lines with \n or \r\n"),
    ],
)
def test_all_lines_are_as_wide_as_the_first(path, line, problem):
    error = refusal(written(path, "1+1  _2  ", line), vocabulary=None, dates=False)
    assert error.lines == (LineProblem(2, problem),)


def test_widths_are_bounded(path):
    error = refusal(written(path, 257 * "1" + "_2"), vocabulary=None, dates=False)
    assert error.lines[0].problem == "question or answer is longer than 256 characters, the most that is read"


@pytest.mark.parametrize(
    ("questions", "answers", "message"),
    [
        (["1/1/70"], [], "got 1 question and 0 answers; expected as many of each"),
        (["x" * 30], ["1970-01-01"], "question 1, 'x+', has 30 characters; at most 29 fit"),
        (["1/1/70", "1/1/70"], ["1970-01-01", "1970-01-011"], "answer 2, '1970-01-011', has 11 characters; at most 10"),
        (["1_1/70"], ["1970-01-01"], "question 1, '1_1/70', has '_' or a line break, which the file format reserves"),
        (["1/1/70"], ["1970\n01-01"], r"answer 1, '1970\\n01-01', has '_' or a line break"),
        (["1/1/70", " "], ["1970-01-01", "1970-01-01"], "question 2 is empty; expected some text"),
    ],
)
def test_a_corpus_holds_only_what_a_file_can(questions, answers, message):
    with pytest.raises(ValueError, match=message):
        Corpus(questions, answers)


def test_arrays_by_hand():
    x, t = Corpus(["2/10/93", "May 3, 1990"], ["1993-02-10", "1990-05-03"]).arrays(DATE_VOCABULARY)
    assert x.shape == (2, 29) and t.shape == (2, 11)
    assert x.dtype == t.dtype == np.int64
    assert x[0].tolist() == [6, 3, 5, 4, 3, 13, 7, *22 * [0]]
    assert t[0].tolist() == [36, 5, 13, 13, 7, 2, 4, 6, 2, 5, 4]
    assert DATE_VOCABULARY.decode(x[1]) == "May 3, 1990".ljust(29)
    assert DATE_VOCABULARY.decode(t[1]) == "_1990-05-03"


def test_arrays_agree_with_encoding_one_by_one(corpus):
    x, t = corpus.arrays(DATE_VOCABULARY)
    for i in range(0, len(corpus), 997):
        assert x[i].tolist() == [DATE_VOCABULARY.id_of(c) for c in corpus.questions[i].ljust(29)]
        assert t[i].tolist() == [DATE_VOCABULARY.id_of(c) for c in "_" + corpus.answers[i]]


def test_arrays_of_nothing():
    x, t = Corpus([], []).arrays(DATE_VOCABULARY)
    assert x.shape == (0, 29) and t.shape == (0, 11)


def test_arrays_name_a_text_that_the_vocabulary_cannot_write():
    with pytest.raises(ValueError, match=r"text 2, '2/10/93': character 2, '/'"):
        Corpus(["May 3, 1990", "2/10/93"], ["1990-05-03", "1993-02-10"]).arrays(Vocabulary(" ,-_0123456789May"))


def test_the_data_use_exactly_the_59_characters(corpus):
    assert corpus.vocabulary() == DATE_VOCABULARY


def test_rows_are_taken_in_the_order_given(corpus):
    taken = corpus.take([5, 0, 5])
    assert taken.questions == (corpus.questions[5], corpus.questions[0], corpus.questions[5])
    assert taken.answers == (corpus.answers[5], corpus.answers[0], corpus.answers[5])


def day_of(question):
    pair = read_pair(question)
    assert pair is not None
    return pair.answer


def test_no_day_is_on_both_sides_of_the_split(corpus):
    train, test = split_by_day(corpus, test_share=0.1, seed=0)
    assert set(train.answers).isdisjoint(test.answers)
    assert Counter(train) + Counter(test) == Counter(corpus)
    days_of_train, days_of_test = ({day_of(q) for q in side.questions} for side in (train, test))
    assert days_of_train.isdisjoint(days_of_test)
    days = len(set(corpus.answers))
    assert len(set(test.answers)) / days == pytest.approx(0.1, abs=0.01)
    assert len(test) / len(corpus) == pytest.approx(0.1, abs=0.015)


def test_both_sides_keep_the_order_of_the_corpus(corpus):
    train, test = split_by_day(corpus)
    held_out = set(test.answers)
    assert list(train) == [pair for pair in corpus if pair[1] not in held_out]
    assert list(test) == [pair for pair in corpus if pair[1] in held_out]


def test_the_same_days_are_held_out_of_every_corpus(corpus):
    train, _ = split_by_day(corpus, seed=7)
    _, test = split_by_day(Corpus.from_pairs(make_pairs(20_000, seed=4)), seed=7)
    assert set(train.answers).isdisjoint(test.answers)


def test_the_held_out_days_are_these_on_every_machine():
    days = [(date(2000, 1, 1) + timedelta(days=i)).isoformat() for i in range(40)]
    _, test = split_by_day(Corpus(days, days), test_share=0.1, seed=9)
    assert test.answers == ("2000-01-14", "2000-01-20", "2000-01-22", "2000-01-28")
    _, other = split_by_day(Corpus(days, days), test_share=0.1, seed=8)
    assert other.answers != test.answers


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_is_between_nothing_and_everything(corpus, share):
    with pytest.raises(ValueError, match="expected a share between 0 and 1"):
        split_by_day(corpus, test_share=share)


def test_a_corpus_too_small_to_split_says_so():
    with pytest.raises(ValueError, match=r"1 different answer split into . for training and . for testing"):
        split_by_day(Corpus(["1/1/70", "Jan 1, 1970"], ["1970-01-01", "1970-01-01"]))


mostly_good = st.sampled_from([FIRST.encode(), SECOND.encode()])
broken = st.builds(lambda line, i, junk: line[:i] + junk + line[i:], mostly_good, st.integers(0, 40), st.binary())
any_file = st.binary() | st.lists(mostly_good | broken | st.binary(max_size=60), max_size=30).map(b"\n".join)


@same_folder
@given(content=any_file, dates=st.booleans(), vocabulary=st.sampled_from([None, DATE_VOCABULARY]))
@example(content=b"\n\n", dates=True, vocabulary=None)
@example(content=b"a\x1c_\x85\xc2\x85\n", dates=False, vocabulary=None)
def test_any_file_is_read_or_refused(path, content, dates, vocabulary):
    path.write_bytes(content)
    try:
        corpus = read_corpus(path, vocabulary, dates=dates)
    except CorpusError as error:
        assert len(error.lines) == min(error.total, 20)
        assert all(1 <= bad.line <= content.count(b"\n") + 1 for bad in error.lines)
        assert str(path) in str(error)
    else:
        text = content.decode("utf-8-sig")
        assert len(corpus) == len(text.removesuffix("\n").split("\n"))
        write_corpus(path, corpus)
        assert path.read_bytes().decode() == text.replace("\r\n", "\n").removesuffix("\n") + "\n"


@st.composite
def corpora(draw):
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="_\r\n\ufeff"), max_size=12)
    questions = draw(st.lists(text.filter(lambda text: text.strip(" ")), min_size=1, max_size=8))
    answers = draw(st.lists(text, min_size=len(questions), max_size=len(questions)))
    return Corpus(questions, answers, draw(st.integers(12, 20)), draw(st.integers(12, 20)))


@same_folder
@given(corpora())
def test_any_corpus_round_trips_through_a_file(path, corpus):
    write_corpus(path, corpus)
    assert read_corpus(path, None, dates=False) == corpus
    x, t = corpus.arrays(corpus.vocabulary())
    assert [corpus.vocabulary().decode(row).rstrip(" ") for row in x] == list(corpus.questions)
    assert [corpus.vocabulary().decode(row)[1:].rstrip(" ") for row in t] == list(corpus.answers)
