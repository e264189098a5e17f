"""Exact match, in all and by family, on answers counted by hand."""

import json

import pytest

from core.data.accuracy import OTHER, Accuracy, Evaluation, evaluate_answers
from core.data.dates import FAMILIES, make_pairs

RIGHT, WRONG = "1994-09-27", "1994-09-28"


def test_every_character_counts():
    outputs = [RIGHT, "1994-09-2", RIGHT + " ", "", RIGHT.replace("-", "/"), WRONG]
    evaluation = evaluate_answers(["2/10/93"] * 6, outputs, [RIGHT] * 6)
    assert evaluation.total == Accuracy(6, 1)
    assert evaluation.exact_match == pytest.approx(1 / 6)


def test_families_are_told_from_the_question_and_listed_in_their_order():
    questions = [family.example for family in FAMILIES] + ["tomorrow", "2/10/93", "Sept 27, 1994"]
    outputs = [RIGHT, WRONG, RIGHT, RIGHT, RIGHT, RIGHT, RIGHT, RIGHT, RIGHT, WRONG]
    evaluation = evaluate_answers(questions[::-1], outputs[::-1], [RIGHT] * 10)
    assert list(evaluation.families) == [family.name for family in FAMILIES] + [OTHER]
    assert evaluation.families["numeric"] == Accuracy(2, 1)
    assert evaluation.families["month-lower"] == Accuracy(1, 1)
    assert evaluation.families[OTHER] == Accuracy(2, 1)
    assert evaluation.total == Accuracy(10, 8)


def test_families_that_do_not_occur_are_left_out():
    evaluation = evaluate_answers(["JUN 17, 2013"], [RIGHT], [RIGHT])
    assert evaluation.families == {"month-upper": Accuracy(1, 1)}


def test_generated_dates_fall_into_their_families():
    pairs = make_pairs(300, seed=8)
    outputs = [pair.answer if i % 3 else WRONG for i, pair in enumerate(pairs)]
    evaluation = evaluate_answers([p.question for p in pairs], outputs, [p.answer for p in pairs])
    for family in FAMILIES:
        mine = [i for i, pair in enumerate(pairs) if pair.family == family.name]
        assert evaluation.families[family.name] == Accuracy(len(mine), sum(i % 3 != 0 for i in mine))
    assert sum(accuracy.n for accuracy in evaluation.families.values()) == evaluation.total.n == 300


def test_no_question_at_all():
    evaluation = evaluate_answers([], [], [])
    assert evaluation == Evaluation(Accuracy(0, 0), {})
    assert evaluation.exact_match == 0.0


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(ValueError):
        evaluate_answers(["2/10/93"], [RIGHT, RIGHT], [RIGHT])
    with pytest.raises(ValueError):
        evaluate_answers(["2/10/93", "2/10/93"], [RIGHT], [RIGHT])


def test_an_evaluation_as_json():
    evaluation = evaluate_answers(["2/10/93", "2/11/93", "tomorrow"], [RIGHT, WRONG, RIGHT], [RIGHT] * 3)
    assert json.loads(json.dumps(evaluation.to_dict())) == {
        "n": 3,
        "correct": 2,
        "exact_match": 2 / 3,
        "families": {
            "numeric": {"n": 2, "correct": 1, "exact_match": 0.5},
            "other": {"n": 1, "correct": 1, "exact_match": 1.0},
        },
    }
    assert Evaluation.from_dict(json.loads(json.dumps(evaluation.to_dict()))) == evaluation


ROW = {"n": 3, "correct": 2}


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        "text",
        {},
        ROW,
        {"families": {}},
        ROW | {"families": []},
        ROW | {"families": {"numeric": None}},
        ROW | {"families": {"numeric": {"n": 3}}},
        ROW | {"n": "3", "families": {}},
        ROW | {"n": 1, "families": {}},
        ROW | {"correct": -1, "families": {}},
        ROW | {"correct": 1.5, "families": {}},
    ],
)
def test_what_is_no_evaluation_is_refused(values):
    with pytest.raises(ValueError, match="expected"):
        Evaluation.from_dict(values)
