"""The Bugs page as Streamlit runs it: every bug with its code, maps, curves and numbers; the quiz up to its score."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.exhibits.gallery import RIGHT, Gallery, GalleryRun
from core.runs.store import RunStore
from core.training.memory import TooLargeError
from core.training.mistakes import MISTAKES
from core.training.options import TrainingOptions
from core.training.slips import SLIPS, crash
from tests.core.training import test_known_mistakes
from tests.viz_app import made_up_gallery
from tests.viz_app.conftest import clear_caches
from viz_app.pages.bugs.code_pair import without_docstring
from viz_app.pages.bugs.gallery_view import BUGS, told_verdict
from viz_app.pages.bugs.quiz import draw_questions
from viz_app.pages.bugs.slip_words import slip_words
from viz_app.pages.bugs.words import bug_name, bug_words, place_words
from viz_app.session import models
from viz_app.text.i18n import LANGUAGES, translator
from viz_app.text.tables import number, percent

PAGE = "from viz_app.pages.bugs.page import bugs_page\nbugs_page()"
TRAINED = [name for name, mistake in MISTAKES.items() if mistake.picture is None]
PICTURED = [name for name, mistake in MISTAKES.items() if mistake.picture is not None]
_ = translator("en")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    return made_up_gallery.make_gallery(tmp_path_factory.mktemp("gallery"))


@pytest.fixture(autouse=True)
def shipped(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The made-up gallery in the place of the one that ships."""
    monkeypatch.setattr("viz_app.pages.bugs.page.shipped_gallery", lambda: gallery)
    yield
    clear_caches()


class Visit:
    """A visitor of the Bugs page."""

    def __init__(self, locale: str = "en-US", **query: str) -> None:
        self.app = AppTest.from_string(PAGE, default_timeout=60)
        self.app.context["locale"] = locale
        self.app.query_params.update(query)
        self.run()

    def run(self) -> None:
        self.app.run()
        assert not self.app.exception

    def press(self, key: str) -> None:
        self.app.button(key).click()
        self.run()

    def has(self, key: str) -> bool:
        return key in [button.key for button in self.app.button]

    @property
    def url(self) -> dict[str, str]:
        return {
            name: values if isinstance(values, str) else values[0] for name, values in self.app.query_params.items()
        }

    @property
    def html(self) -> str:
        return "\n".join(html.proto.body for html in self.app.html if "<style>" not in html.proto.body)

    @property
    def drawings(self) -> list[str]:
        return [json.loads(part.proto.json)["html"] for part in self.app.get("bidi_component")]

    def table(self) -> list[list[str]]:
        """The rows of the only table, without its head."""
        (body,) = re.findall("<tbody>(.*?)</tbody>", self.html)
        rows = re.findall("<tr>(.*?)</tr>", body)
        return [[unescape(cell) for cell in re.findall("<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]

    def said(self, tone: str) -> list[str]:
        return re.findall(rf'<p class="message {tone}" role="\w+" dir="auto">(.*?)</p>', self.html)

    def words(self) -> set[str]:
        """Every text on the page."""
        labels = [b.label for b in self.app.button] + [option for r in self.app.radio for option in r.options]
        html = re.sub("<pre>.*?</pre>", "", self.html)
        return {unescape(text) for text in [*labels, *re.findall(">([^<>]+)<", html)]}


def last_loss(run: GalleryRun) -> str:
    return number(run.intervals[-1].loss, 4)


# --- The gallery ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bug", MISTAKES)
def test_a_bug_is_named_told_and_shown_in_code(bug: str) -> None:
    visit = Visit(bug=bug)
    words = bug_words(bug, _)
    shown = unescape(visit.html)
    assert f"<h2>{words.name}</h2>" in shown
    for said in (words.wrong, words.unnoticed, words.notice, place_words(MISTAKES[bug].where, _)):
        assert said in shown
    assert f"pytest tests/core/training/test_known_mistakes.py -k {MISTAKES[bug].test}" in shown
    code = [
        unescape("\n".join(re.findall("<span.*?>(.*?)</span>", pre)))
        for pre in re.findall("<pre>(.*?)</pre>", visit.html)
    ]
    expected = [source for source in (MISTAKES[bug].right_source, MISTAKES[bug].wrong_source) if source]
    if len(code) < len(expected):
        # One block: without what the bug adds it is the right code, without what it takes away the mistaken one.
        lines = code[0].splitlines()
        code = ["\n".join(line[2:] for line in lines if line[0] in f" {sign}") for sign in "\N{MINUS SIGN}+"]
        expected = ["\n".join(without_docstring(source)) for source in expected]
    assert [re.sub(r"\n \n", "\n\n", text) for text in code] == [source.rstrip() for source in expected]


@pytest.mark.parametrize("bug", TRAINED)
def test_the_numbers_are_those_that_were_measured(gallery: Gallery, bug: str) -> None:
    visit = Visit(bug=bug)
    right, wrong = gallery.entries[RIGHT], gallery.entries[bug]
    rows = {row[0]: row[1:] for row in visit.table()}
    assert rows["Exact match, right code"] == [percent(run.exact_match, _, 1) for run in right.runs]
    assert rows["Exact match with the bug"] == [percent(run.exact_match, _, 1) for run in wrong.runs]
    assert rows["Last loss, right code"] == [last_loss(run) for run in right.runs]
    assert rows["Last loss with the bug"] == [last_loss(run) for run in wrong.runs]
    assert ("The same on days that it has never seen" in rows) == (bug == "days-in-both-sets")
    assert "on 1,234 held-out dates" in visit.html


def test_the_accuracy_that_lies_stands_beside_the_honest_one() -> None:
    rows = {row[0]: row[1:] for row in Visit(bug="days-in-both-sets").table()}
    assert rows["The same on days that it has never seen"] == ["75.0 %"] * 3
    assert rows["Exact match with the bug"] != ["75.0 %"] * 3


@pytest.mark.parametrize("bug", TRAINED)
def test_maps_and_curves_are_those_of_the_bug_and_the_date(gallery: Gallery, bug: str) -> None:
    visit = Visit(bug=bug, text="2/10/93")
    right, wrong, losses, accuracies = visit.drawings
    for drawn, entry in ((right, gallery.entries[RIGHT]), (wrong, gallery.entries[bug])):
        map_ = entry.maps["2/10/93"]
        cells = re.findall("<title>(.*?)</title>", drawn)
        shown = [float(cell.rsplit(": ", 1)[1]) for cell in cells]
        assert shown == pytest.approx([value for row in map_.weights for value in row], abs=6e-4)
    assert losses.count('<path class="band"') == 2 and "iteration" in losses
    assert "epoch" in accuracies


def test_a_date_of_the_gallery_is_chosen_and_goes_into_the_address() -> None:
    visit = Visit(bug="softmax-wrong-axis")
    visit.app.pills("bugs_date").set_value("JUN 17, 2013")
    visit.run()
    assert visit.url["text"] == "JUN 17, 2013"
    assert "writes 2013-06-17" in visit.html


def test_bugs_are_turned_over_by_buttons_and_chosen_from_the_list() -> None:
    names = list(BUGS)
    assert set(names) == {*MISTAKES, *SLIPS}
    assert names[len(MISTAKES) :] == list(SLIPS)
    visit = Visit()
    visit.press("bug_left")
    assert visit.url["bug"] == names[-1]
    visit.press("bug_right")
    visit.press("bug_right")
    assert visit.url["bug"] == names[1] and visit.app.radio("bug").value == names[1]
    visit.app.radio("bug").set_value(names[4])
    visit.run()
    assert visit.url["bug"] == names[4]


def test_without_a_gallery_the_rest_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viz_app.pages.bugs.page.shipped_gallery", lambda: None)
    visit = Visit(bug="softmax-wrong-axis")
    assert visit.said("note") == ["Nothing was measured of this bug."]
    assert "<pre>" in visit.html
    assert Visit(quiz="3").said("note") == ["Nothing was measured that could be asked about."]


def test_the_named_tests_exist() -> None:
    tree = ast.parse(Path(test_known_mistakes.__file__).read_text("utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {mistake.test for mistake in MISTAKES.values()} <= there
    assert len({mistake.test for mistake in MISTAKES.values()}) == len(MISTAKES)


# --- Pictures that lie ------------------------------------------------------------------------------------------------


def cells(drawing: str) -> list[str]:
    return re.findall("<title>(.*?)</title>", drawing)


def test_reversed_labels_are_drawn_for_the_typed_date() -> None:
    visit = Visit(bug="labels-reversed", text="2/10/93")
    right, wrong = visit.drawings
    weights = [[cell.rsplit(": ", 1)[1] for cell in cells(drawn)] for drawn in (right, wrong)]
    rows = [[w[29 * i : 29 * (i + 1)] for i in range(10)] for w in weights]
    assert rows[1] == [row[::-1] for row in rows[0]] and rows[1] != rows[0]
    visit.app.text_input("text").set_value("3/4/05")
    next(button for button in visit.app.button if button.label == "Decode").click()
    visit.run()
    assert visit.url["text"] == "3/4/05" and "writes 2005-03-04" in visit.html


def test_where_nobody_has_chosen_a_date_it_is_one_that_shows_the_bug() -> None:
    for bug, text in (("teacher-forced-map", "1994-09-27"), ("labels-reversed", "september 27, 1994")):
        visit = Visit(bug=bug)
        right, wrong = (cells(drawn) for drawn in visit.drawings)
        assert right != wrong and visit.said("note") == []
        assert visit.app.pills("bugs_example").value == visit.app.text_input("text").value == text
    # Who chooses the first date all the same gets it.
    visit = Visit(bug="teacher-forced-map")
    visit.app.pills("bugs_example").set_value("september 27, 1994")
    visit.run()
    assert "Both maps are the same here" in visit.said("note")[0]
    visit.run()
    assert visit.app.pills("bugs_example").value == "september 27, 1994"


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_shown_with_what_python_says(slip: str) -> None:
    visit = Visit(bug=slip)
    words, said, shown = slip_words(slip, _), crash(SLIPS[slip]), unescape(visit.html)
    assert f"<h2>{words.name}</h2>" in shown and words.means in shown and words.mend in shown
    assert f"<b>{said.error}</b>: {said.message}</pre>" in shown
    assert f"<code>{said.line}</code>" in shown
    assert shown.count('class="differs removed"') == 1
    assert shown.count('class="differs added"') == (slip != "return-forgotten")
    assert SLIPS[slip].wrong.strip() in visit.app.code[0].value
    assert not visit.drawings and "Measured" not in visit.html


def test_a_teacher_forced_map_parts_where_the_model_errs() -> None:
    visit = Visit(bug="teacher-forced-map", text="1994-09-27")
    right, wrong = (cells(drawn) for drawn in visit.drawings)
    assert right != wrong and visit.said("note") == []
    written = models.trace("date-attention", "1994-09-27").output
    assert f"writes {written}" in visit.html and written != "1994-09-27"
    assert "writes 1994-09-27" in visit.html
    same = Visit(bug="teacher-forced-map", text="september 27, 1994")
    right, wrong = (cells(drawn) for drawn in same.drawings)
    assert right == wrong and "Both maps are the same" in same.said("note")[0]
    unknown = Visit(bug="teacher-forced-map", text="tomorrow")
    assert unknown.drawings == [] and "not known what is right" in unknown.said("note")[0]


@pytest.mark.parametrize("bug", PICTURED)
def test_a_text_that_cannot_be_read_is_told(bug: str) -> None:
    visit = Visit(bug=bug, text="septembre é")
    assert len(visit.said("error")) == 1 and len(visit.drawings) == 2


# --- Training ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunStore]:
    """A store of its own, and the stores in which a worker was asked for."""
    stores: list[RunStore] = []
    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path))
    monkeypatch.setattr("viz_app.pages.bugs.gallery_view.ensure_workers", stores.append)
    return stores


@pytest.mark.parametrize("bug", TRAINED)
def test_the_quick_demo_with_the_bug_is_put_into_the_queue(bug: str, started: list[RunStore]) -> None:
    visit = Visit(bug=bug, text="2/10/93")
    visit.press("bug_train")
    (store,) = started
    (run,) = store.list()
    assert run.options == replace(TrainingOptions.preset("quick"), mistake=bug)
    assert run.name == bug and run.status == "queued" and run.watched == "2/10/93"
    assert visit.url["run"] == str(run.number) and visit.app.session_state["page_wanted"] == "train"
    assert run.owner == visit.app.session_state["visitor_number_of_tab"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TooLargeError(10**12, 10**9), "There is not enough memory here to train."),
        (OSError(28, "No space left on device"), "The server's disk is full, so nothing can be stored."),
    ],
)
def test_a_training_that_cannot_start_is_told(
    error: Exception, said: str, started: list[RunStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("core.runs.store.RunStore.add", refuse)
    visit = Visit(bug="softmax-wrong-axis")
    visit.press("bug_train")
    assert unescape(visit.said("error")[0]).startswith(said) and started == []
    visit.run()
    assert visit.said("error") == []


@pytest.mark.parametrize("bug", PICTURED)
def test_a_picture_is_nothing_to_train(bug: str) -> None:
    assert not Visit(bug=bug).has("bug_train")


# --- The quiz ---------------------------------------------------------------------------------------------------------


def test_a_quiz_through_to_the_score(gallery: Gallery) -> None:
    questions = draw_questions(gallery, 7)
    visit = Visit(quiz="7")
    for i, question in enumerate(questions):
        assert f"Question {i + 1} of {len(questions)}" in visit.html
        map_ = gallery.entries[question.answer].maps[question.date]
        assert f"writes {map_.output} – {told_verdict(map_, _)}" in unescape(visit.html)
        names = {bug_name(choice, _) for choice in question.choices}
        assert {b.label.replace("\\", "") for b in visit.app.button if b.key and "choice" in b.key} == names
        right = question.choices.index(question.answer)
        visit.press(f"quiz_choice_{right if i % 2 else (right + 1) % 4}")
        words = bug_words(question.answer, _)
        assert words.telling in unescape(visit.html)
        assert ("<strong>" in visit.html) and (("Right." in visit.html) == bool(i % 2))
        assert not visit.has("quiz_choice_0")
        visit.press("quiz_next")
    assert f"{len(questions) // 2} of {len(questions)} right" in visit.html
    assert [row[1] for row in visit.table()] == [bug_name(question.answer, _) for question in questions]
    visit.press("quiz_again")
    assert "Question 1 of" in visit.html and visit.url["quiz"] == "7"


def test_the_answer_is_not_on_the_page_before_it_is_given(gallery: Gallery) -> None:
    for seed in ("1", "2", "3"):
        visit = Visit(quiz=seed)
        question = draw_questions(gallery, int(seed))[0]
        everything = unescape(visit.html + "".join(visit.drawings))
        assert bug_name(question.answer, _) not in everything
        assert bug_words(question.answer, _).telling not in everything
        assert question.answer == RIGHT or question.answer not in everything


def test_another_quiz_and_back_to_the_gallery() -> None:
    visit = Visit()
    visit.app.segmented_control("bugs_part").set_value(True)
    visit.run()
    seed = visit.url["quiz"]
    assert 1 <= int(seed) <= 9999 and "Question 1 of" in visit.html
    visit.app.segmented_control("bugs_part").set_value(False)
    visit.run()
    assert "quiz" not in visit.url and "The right code" in visit.html


def test_progress_belongs_to_the_quiz_of_the_address() -> None:
    visit = Visit(quiz="7")
    visit.press("quiz_choice_0")
    visit.press("quiz_next")
    assert "Question 2 of" in visit.html
    visit.app.query_params["quiz"] = "8"
    visit.run()
    assert "Question 1 of" in visit.html


# --- Bad input, languages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quiz", ["-1", "10000", "1.5", "x", "٣", "9" * 4000])
def test_a_quiz_that_does_not_exist_is_told(quiz: str) -> None:
    visit = Visit(quiz=quiz)
    assert len(visit.said("error")) == 1 and "quiz=" in visit.said("error")[0]
    assert "The right code" in visit.html


def test_a_link_full_of_nonsense_keeps_the_page() -> None:
    visit = Visit(
        bug="<b>none", text="<i>\u202e", model="<i>", step="99", lang="tlh", scale="red", padding="7", quiz="<u>"
    )
    assert len(visit.said("error")) == 8
    assert "The right code" in visit.html
    assert "<b>" not in visit.html and "<i>" not in visit.html and "<u>" not in visit.html


@cache
def all_words(language: str) -> set[str]:
    """Whatever the page says in a language that has four letters of the alphabet in a row."""
    found = set()
    for bug in BUGS:
        visit = Visit(lang=language, bug=bug, text="2/10/93")
        page = re.sub("<pre.*?>.*?</pre>|<code>.*?</code>", "", visit.html)
        found |= {unescape(text) for text in re.findall(">([^<>]+)<", page)}
        found |= {b.label for b in visit.app.button} | {
            unescape(t) for d in visit.drawings for t in re.findall(">([^<>]+)<", d)
        }
    visit = Visit(lang=language, quiz="7")
    for _step in range(8):
        visit.press("quiz_choice_0")
        found |= visit.words()
        visit.press("quiz_next")
        found |= visit.words()
    return {word for word in found if re.search("[a-zA-Z]{4}", word)}


def test_nothing_stays_english_in_another_language() -> None:
    english = all_words("en")
    assert len(english) > 60
    alike = {"Attention", "march 3, 2222", "january 5 2016", "september 27, 1994"}
    for language in set(LANGUAGES) - {"en"}:
        assert english & all_words(language) <= alike, language
