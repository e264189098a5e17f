"""The numbers in the document are those of the recorded run."""

from __future__ import annotations

import json

from benchmarks.report import render
from benchmarks.results import Report
from benchmarks.timing import ROOT

DOCUMENT, RECORDED = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.json"
NOTHING = "No run on a calm machine has been recorded yet."


def test_the_document_shows_the_recorded_run():
    text = DOCUMENT.read_text("utf-8")
    _, _, rest = text.partition("<!-- measured: begin -->")
    shown, _, _ = rest.partition("<!-- measured: end -->")
    expected = NOTHING
    if RECORDED.exists():
        report = Report.from_dict(json.loads(RECORDED.read_text("utf-8")))
        assert not report.quick
        expected = render(report, markdown=True)
    assert shown.strip() == expected.strip()
