"""The HTTP interface: one decoding as JSON, for the stage, for notebooks and for tests.

    GET /api/trace?model=date-attention&text=2/10/93
    GET /api/models
    GET /api/date
    GET /api/file?format=csv&text=2/10/93

An answer to `/api/trace` is what `trace_payload` makes of the decoding, with the verdict of the oracle. It carries a
tag made of everything that decides it, so that whoever asks again is told that nothing has changed, without a
decoding. `/api` describes both for people, `/api/openapi.json` for programs.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.data.dates import random_question
from core.data.source_text import Change as TextChange
from core.data.source_text import SourceText, SourceTextError
from core.decoding.interventions import InterventionError
from core.decoding.trace import DecodingTrace
from viz_app.components.field import said_of
from viz_app.components.stage import trace_payload, written
from viz_app.export.files import FILES, file_name
from viz_app.figures.colours import DEFAULT_SCALE, SCALES
from viz_app.server.compression import compress, encoding_for
from viz_app.server.problem import ProblemError
from viz_app.server.visitor import visitor_of
from viz_app.session import changes, heavy, models
from viz_app.session.bounded_cache import BoundedCache
from viz_app.session.changes import Changes
from viz_app.session.pool import PoolError
from viz_app.session.state import FIRST_MODEL
from viz_app.text.change_words import SAID_IN_PICTURES, changed_line
from viz_app.text.i18n import ENGLISH, LANGUAGES, language_of, translator
from viz_app.text.messages import error_sentence, readable_sentence
from viz_app.text.narration import narrate

VERSION = 1
"""Of the answer's form; a part of every tag."""

LONGEST_QUERY = 8000
ANSWERS_KEPT = 8 * 2**20
"""Bytes of the answers that are kept, about 8 kB each."""

_POOL_RETRY_SECONDS = 5

_KNOWN = ("model", "text", "changes", "lang")
_LOOK = ("scale", "padding", "step")
_KEPT = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding"}
_LOG = logging.getLogger(__name__)

Answering = Callable[[Request], Response]


@dataclass(frozen=True)
class Question:
    """What is asked of `/api/trace`; two are equal where the answer is.

    Attributes:
        model, digest: name of the model, and SHA-256 of its parameters.
        text: as the model reads it.
        put_right: what normalising changed in the typed text, of which the answer tells.
        changes: of the decoding, as in a link, those that are switched off included.
        language: of the sentences.
        source: the text as it was read.
    """

    model: str
    digest: str
    text: str
    put_right: tuple[TextChange, ...]
    changes: Changes
    language: str
    source: SourceText = field(compare=False)

    @property
    def tag(self) -> str:
        """The answer's tag; another for everything that makes the answer another."""
        parts = [VERSION, self.model, self.digest, self.text, self.put_right, self.language]
        content = json.dumps([*parts, changes.to_query(self.changes)])
        return f'W/"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def routes() -> list[Route]:
    """The addresses of the interface."""
    return [
        Route("/api/trace", _with_problems(_trace), methods=["GET"]),
        Route("/api/models", _with_problems(_models), methods=["GET"]),
        Route("/api/date", _with_problems(_date), methods=["GET"]),
        Route("/api/file", _with_problems(_file), methods=["GET"]),
    ]


# No coroutines: Starlette runs these in threads, so that everybody else is answered while one of them waits for the
# store of the runs, reads a model's file or decodes with a large model.


def _trace(request: Request) -> Response:
    question = read_question(request)
    if request.headers.get("if-none-match") == question.tag:
        return Response(status_code=304, headers={"ETag": question.tag} | _KEPT)
    encoding = encoding_for(request.headers.get("accept-encoding", ""))
    return _json_answer(_content(question, encoding), encoding, {"ETag": question.tag} | _KEPT)


def _models(request: Request) -> Response:
    encoding = encoding_for(request.headers.get("accept-encoding", ""))
    content = _compressed({"models": [_model(name) for name in models.names()]}, encoding)
    return _json_answer(content, encoding, {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"})


def _date(request: Request) -> Response:
    """A date to decode, another every time."""
    return _json_answer(
        json.dumps({"text": random_question(random.Random())}).encode(), "", {"Cache-Control": "no-store"}
    )


def _file(request: Request) -> Response:
    """A decoding as a file to keep."""
    asked = dict(request.query_params)
    made = FILES.get(asked.pop("format", ""))
    if made is None:
        raise ProblemError(400, "format-unknown", f"there is no such format; expected one of {', '.join(FILES)}")
    look = _look(asked)
    question = read_question(request, more=("format", *_LOOK))
    trace = _changed(question, models.trace(question.model, question.source))
    content = made.make(trace, **(look | {"language": question.language} if made.is_drawn else {}))
    name = f"{file_name(trace)}.{made.ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=made.mime, headers=headers)


def _look(asked: Mapping[str, str]) -> dict[str, Any]:
    """How a file that is drawn looks."""
    scale = asked.get("scale", DEFAULT_SCALE)
    if scale not in SCALES:
        raise ProblemError(400, "scale-unknown", f"scale is {scale[:20]!a}; expected one of {', '.join(SCALES)}")
    return {"scale": scale, "padding": asked.get("padding") == "1"}


def _model(name: str) -> dict[str, Any]:
    pipeline = models.pipeline(name)
    return {
        "name": name,
        "digest": pipeline.digest,
        "attention": pipeline.model.has_attention,
        "source_length": pipeline.source_length,
        "target_length": pipeline.target_length,
    }


# ---- the question ---------------------------------------------------------------------------------------------------


def read_question(request: Request, more: Iterable[str] = ()) -> Question:
    """The question that a request asks.

    Args: more: parameters that somebody else reads.
    Raises:
        ProblemError: it cannot be answered; says why and what to do.
    """
    if len(request.url.query) > LONGEST_QUERY:
        got = f"the question has {len(request.url.query)} characters; at most {LONGEST_QUERY} are read"
        raise ProblemError(413, "question-too-long", got)
    asked = request.query_params
    if unknown := sorted(asked.keys() - {*_KNOWN, *more}):
        got = f"there is no parameter {unknown[0][:40]!a}; expected {', '.join(_KNOWN)}"
        raise ProblemError(400, "parameter-unknown", got)
    language = language_of(asked.get("lang", ENGLISH))
    if language is None:
        got = f"lang is {asked['lang'][:20]!a}; expected one of {', '.join(LANGUAGES)}"
        raise ProblemError(400, "language-unknown", got)
    model = asked.get("model", FIRST_MODEL)
    if not models.is_known(model):
        raise ProblemError(404, "model-unknown", f"there is no model {model[:80]!a}; /api/models lists those there are")
    wanted, unread = changes.from_query(asked.get("changes", ""))
    if unread:
        raise ProblemError(400, "change-unreadable", unread[0].why, change=unread[0].number)
    if "text" not in asked:
        raise ProblemError(400, "text-missing", "there is no text; add one, as in /api/trace?text=2/10/93")
    source = _read(model, asked["text"], language)
    return Question(model, models.pipeline(model).digest, source.text, source.changes, wanted, language, source)


def _read(model: str, text: str, language: str) -> SourceText:
    pipeline, _ = models.pipeline(model), translator(language)
    try:
        return pipeline.read(text)
    except SourceTextError as error:
        unknown = [{"character": u.label, "position": u.position} for u in error.unknown]
        raise ProblemError(
            422,
            f"text-{error.reason.value.replace(' ', '-')}",
            f"{error_sentence(error, _)} {readable_sentence(error, pipeline.vocabulary.characters, _)}".rstrip(),
            length=error.length,
            limit=error.limit,
            unknown=unknown,
            offered=models.readings_for(text, pipeline),
        ) from error


# ---- the answer -----------------------------------------------------------------------------------------------------


_answers: BoundedCache[tuple[Question, str], bytes] = BoundedCache(ANSWERS_KEPT, len)


def _content(question: Question, encoding: str) -> bytes:
    """The answer as it is sent, made once for all who ask the same."""
    return _answers.get((question, encoding), lambda: _compressed(answer_to(question), encoding))


def answer_to(question: Question) -> dict[str, Any]:
    """The decoding, its sentences, and what is to be said of it; weights and scores as arrays.

    Raises:
        ProblemError: a change cannot be made; says why.
        ValueError: a number is not finite, which JSON cannot say.
    """
    _ = translator(question.language)
    original = models.trace(question.model, question.source)
    trace = _changed(question, original)
    sentences = [narrate(trace, step, _) for step in range(len(trace))]
    changed = changed_line(trace, _, SAID_IN_PICTURES)
    before = None if trace is original else original
    return (
        trace_payload(trace, sentences=sentences, original=before, changed=changed, arrays=True)
        | {
            "model": question.model,
            "digest": trace.digest,
            "text": trace.text,
            "output": trace.output,
            "changes": json.loads(changes.to_query(question.changes) or "[]"),
            "offered": models.readings_for(question.source.text, models.pipeline(question.model)),
        }
        | said_of(trace, question.source, question.language)
    )


def _changed(question: Question, original: DecodingTrace) -> DecodingTrace:
    active = changes.active(question.changes)
    if not active:
        return original
    try:
        return models.trace(question.model, question.source, active)
    except InterventionError as error:
        raise ProblemError(422, "change-impossible", str(error)) from error


def _compressed(content: dict[str, Any], encoding: str) -> bytes:
    return compress(written(content), encoding, quickly=True)


def _json_answer(content: bytes, encoding: str, headers: dict[str, str]) -> Response:
    compressed = {"Content-Encoding": encoding} if encoding else {}
    return Response(content, media_type="application/json", headers=headers | compressed)


def _status_for(request: Request, problem: ProblemError) -> int:
    """200 for a text that cannot be decoded, where the asker says that it looks at the answer itself (RFC 7240).

    A browser writes every other status into its console, where a visitor's typing error is no error of the page.
    """
    is_lenient = "handling=lenient" in request.headers.get("prefer", "")
    return 200 if is_lenient and problem.status == 422 else problem.status


def _with_problems(answer: Answering) -> Answering:
    """What goes wrong is said as problem+json; what nobody expected goes to the log as well."""

    def answered(request: Request) -> Response:
        heavy.asker.set(lambda: visitor_of(request.scope))
        try:
            return answer(request)
        except PoolError as error:
            detail = heavy.trouble_sentence(error, translator(ENGLISH))
            return ProblemError(503, f"pool-{error.trouble}", detail).answer(retry_after=_POOL_RETRY_SECONDS)
        except models.GoneModelError as error:
            return ProblemError(404, "model-unknown", str(error)).answer()
        except ProblemError as problem:
            return problem.answer(status=_status_for(request, problem))
        except Exception:
            _LOG.exception("%s could not be answered", request.url.path)
            detail = "it has been noted in the server's log; asking again may help"
            return ProblemError(500, "unexpected", detail).answer()

    return answered
