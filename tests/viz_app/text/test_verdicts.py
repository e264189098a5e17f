"""Verdicts and numbers in words."""

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.answers import verdict_on
from core.data.oracle import judge
from core.decoding.trace import DecodingTrace
from tests.traces import make_trace
from viz_app.text.i18n import LANGUAGES, translator
from viz_app.text.tables import explained, number, percent, table
from viz_app.text.verdicts import describe_verdict

_ = translator("en")
SURE = [0.99] * 10


@pytest.mark.parametrize(
    ("text", "output", "probabilities", "title", "sentence", "reasons"),
    [
        ("2/10/93", "1993-02-10", SURE, "Right", "“2/10/93” means 1993-02-10, and that is what", 0),
        ("1/1/45", "1945-01-01", SURE, "Right", "“1/1/45” can mean 2045-01-01 or 1945-01-01", 1),
        (
            "june 7, 1850",
            "1980-06-07",
            SURE,
            "Confident and wrong",
            "means 1850-06-07, but the model wrote 1980-06-07",
            1,
        ),
        ("june 7, 1985", "1980-06-07", [0.3] * 10, "Wrong", "means 1985-06-07, but", 0),
        ("2/30/93", "1993-02-30", SURE, "Not a real day, and confident all the same", "no answer is right", 1),
        ("2/30/93", "1993-02-30", [0.3] * 10, "Not a real day", "There is no day “2/30/93”", 1),
        ("27 september 1994", "1994-09-02", SURE, "Confident and wrong", "means 1994-09-27", 1),
        ("tomorrow", "1970-08-07", SURE, "Not judged", "No day can be read in “tomorrow”", 1),
    ],
)
def test_every_judgement_in_words(text, output, probabilities, title, sentence, reasons):
    told = describe_verdict(judge(text, output, probabilities), "en", _)
    assert told.title == title
    assert sentence in told.sentence and output in told.sentence
    assert len(told.outside) == reasons


def test_reasons_are_named():
    told = describe_verdict(judge("friday, june 5, 2008", "2008-06-05"), "en", _)
    assert told.outside == ("The weekday does not fit: 2008-06-05 was a Thursday.",)
    assert told.certainty == ""
    assert (
        describe_verdict(judge("friday, june 5, 2008", "2008-06-05"), "ja", translator("ja"))
        .outside[0]
        .endswith("木曜日です。")
    )
    assert "1970 to 2017" in describe_verdict(judge("june 7, 1850", "1980-06-07"), "en", _).outside[0]
    assert "seven ways" in describe_verdict(judge("27.9.1994", "1994-09-27"), "en", _).outside[0]


def test_certainty_is_that_of_the_weakest_character_and_of_the_whole():
    told = describe_verdict(judge("2/10/93", "1993-02-10", [1.0] * 8 + [0.5, 0.8]), "en", _)
    assert told.certainty == "Its least certain character had a probability of 50.0 %, the whole answer one of 40.0 %."


@pytest.mark.parametrize("language", LANGUAGES)
def test_braces_and_brackets_in_a_text_stay_as_they_are(language):
    told = describe_verdict(judge("{days} {0}", "{output}"), language, translator(language))
    assert "{days} {0}" in told.sentence and "{output}" in told.sentence


@pytest.mark.parametrize(
    ("share", "digits", "shown"),
    [(1, 0, "100 %"), (0.9999, 0, "99 %"), (0.99999, 2, "99.99 %"), (0.57, 0, "57 %"), (0, 1, "0.0 %"), (None, 1, "–")],
)
def test_only_everything_is_100_percent(share, digits, shown):
    assert percent(share, _, digits) == shown


def test_numbers():
    assert number(0.1239, 3) == "0.124"
    assert number(None) == "–"


def test_cells_are_text_and_never_html():
    html = table(["<i>"], [["<b>", "<u>"]], '"x"') + explained([("<b>", "1", "<i>")])
    assert "<b>" not in html and "<i>" not in html and "<u>" not in html
    assert html.count("&lt;b&gt;") == 2 and 'aria-label="&#34;x&#34;"' in html


def chosen(trace: DecodingTrace) -> list[float]:
    """The probability of every character written."""
    return [float(p) for p in trace.probabilities[np.arange(len(trace)), trace.output_ids]]


def test_only_models_that_can_write_dates_are_judged():
    sum_of_two = make_trace("12/5", "17        ")
    assert verdict_on(make_trace()) == judge("september 27, 1994", "1994-09-27", chosen(make_trace()))
    assert verdict_on(make_trace("12/5", "17")) is None
    without_hyphen = tuple(c if c != "-" else "_" for c in sum_of_two.vocabulary)
    assert verdict_on(replace(sum_of_two, vocabulary=without_hyphen)) is None
