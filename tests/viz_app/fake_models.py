"""Models that answer at once and count what they are asked, for tests of the page around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

from core.data.accuracy import Accuracy, Evaluation
from core.data.dates import read_pair
from core.data.source_text import AnyText, SourceText, read_source
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary
from core.decoding.interventions import Intervention
from core.decoding.trace import DecodingTrace
from tests.traces import make_trace

MODELS = ["date-attention", "date-peeky", "date-seq2seq"]


@dataclass
class FakePipeline:
    """What the page needs of a `Pipeline`; `asked` are the texts it has decoded, in order."""

    name: str = "date-attention"
    accuracy: Evaluation | None = field(default_factory=lambda: Evaluation(Accuracy(5000, 4999), {}))
    asked: list[str] = field(default_factory=list)
    vocabulary: Vocabulary = DATE_VOCABULARY
    model: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(params=[]))

    @property
    def digest(self) -> str:
        """Differs from model to model."""
        return self.name.ljust(64, "0")

    def read(self, text: AnyText) -> SourceText:
        """As the real ones do."""
        return read_source(text, DATE_VOCABULARY) if isinstance(text, str) else text

    def trace(self, text: AnyText, interventions: Sequence[Intervention] = ()) -> DecodingTrace:
        """The right answer where the text is a date, with made-up numbers; nothing can be changed."""
        assert not interventions
        source = self.read(text).text
        self.asked.append(source)
        pair = read_pair(source)
        output = pair.answer if pair else "1970-01-01"
        trace = make_trace(source, output, attention=self.name == "date-attention", seed=len(source))
        return replace(trace, model=self.name, digest=self.digest)
