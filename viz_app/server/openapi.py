"""What the HTTP interface is, as OpenAPI 3.1 for programs and as a page for people."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from viz_app.export.files import FILES
from viz_app.figures.colours import DEFAULT_SCALE, SCALES
from viz_app.server.problem import TITLES
from viz_app.session.state import FIRST_MODEL
from viz_app.text.html import render
from viz_app.text.i18n import ENGLISH, LANGUAGES

_NUMBERS = {"type": ["array", "null"], "items": {"type": "number"}}
_TEXTS = {"type": "array", "items": {"type": "string"}}


def routes() -> list[Route]:
    """The page and the description."""
    return [Route("/api", _page), Route("/api/openapi.json", _description)]


@cache
def description() -> dict[str, Any]:
    """The interface in OpenAPI's terms."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Attention, step by step",
            "version": "1",
            "description": "One decoding of an attention seq2seq LSTM with every number of every step. "
            "Weights and scores are float32 values, written without loss.",
        },
        "paths": {
            "/api/trace": {
                "get": {
                    "summary": "Decode one text, and tell every step",
                    "parameters": _QUESTION,
                    "responses": {
                        "200": _json("The decoding", _TRACE),
                        "304": {"description": "Nothing has changed since the answer with this ETag"},
                    }
                    | {str(status): _problem(status) for status in (400, 404, 413, 422, 429, 503)},
                }
            },
            "/api/file": {
                "get": {
                    "summary": "The same as a file to keep",
                    "parameters": [
                        _parameter("format", "What kind of file.", {"enum": list(FILES)}, "csv", required=True),
                        *_QUESTION,
                        _parameter("scale", "Colours of what is drawn.", {"enum": list(SCALES)}, DEFAULT_SCALE),
                        _parameter("padding", "1 to show the padding.", {"enum": ["0", "1"]}, "0"),
                    ],
                    "responses": {"200": {"description": "The file"}}
                    | {str(status): _problem(status) for status in (400, 404, 413, 422, 429, 503)},
                }
            },
            "/api/date": {"get": {"summary": "A date to decode", "responses": {"200": _json("The date", _DATE)}}},
            "/api/models": {
                "get": {"summary": "The models that there are", "responses": {"200": _json("The models", _MODELS)}}
            },
        },
        "components": {"schemas": {"Step": _STEP, "Problem": _PROBLEM}},
    }


def _parameter(name: str, about: str, schema: dict[str, Any], example: str, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": about,
        "required": required,
        "schema": schema,
        "example": example,
    }


def _json(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": TITLES[status], "content": {"application/problem+json": {"schema": schema}}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_LANGUAGE_TAG = {"type": "string", "pattern": f"^({'|'.join(LANGUAGES)})([-_]|$)"}
_QUESTION = [
    _parameter("text", "What the model reads.", {"type": "string"}, "2/10/93", required=True),
    _parameter("model", "A name of /api/models.", {"type": "string"}, FIRST_MODEL),
    _parameter(
        "changes",
        "Changes of the decoding, a JSON list as in a link of the app.",
        {"type": "string"},
        '[{"kind":"uniform"}]',
    ),
    _parameter("lang", "Language of the sentences: a tag such as ja or ja-JP.", _LANGUAGE_TAG, ENGLISH),
]
_DATE = _object(text={"type": "string"})
_STEP = _object(
    character={"type": "string", "description": "what is written"},
    inputCharacter={"type": "string", "description": "what the decoder was fed: the start sign, then the one before"},
    probability={"type": "number"},
    weights=_NUMBERS | {"description": "T_enc attention weights in reading order; null without attention"},
    scores=_NUMBERS | {"description": "T_enc scores before the softmax; null without attention"},
    candidates={
        "type": "array",
        "items": _object(character={"type": "string"}, probability={"type": "number"}),
        "description": "the most probable characters, the best first",
    },
    sentence={"type": "string"},
)
_VERDICT = _object(
    judgement={"enum": ["right", "wrong", "not-a-day", "unreadable"]},
    tone={"enum": ["right", "wrong", "open"]},
    line={"type": "string", "description": "in a few words"},
    title={"type": "string"},
    sentence={"type": "string"},
    certainty={"type": "string"},
    outside=_TEXTS | {"description": "what sets the text apart from the training data"},
)
_TRACE = _object(
    model={"type": "string"},
    digest={"type": "string", "description": "SHA-256 of the parameters"},
    text={"type": "string", "description": "as the model reads it"},
    output={"type": "string"},
    original={"type": ["string", "null"], "description": "the output without changes; null where there are none"},
    changes={
        "type": "array",
        "items": {"type": "object"},
        "description": "what was asked for, also what is switched off",
    },
    changed={"type": "string", "description": "the changes that were made, in words; empty where there are none"},
    interventions={"type": "array", "items": {"type": "object"}, "description": "the changes that were made"},
    offered=_TEXTS | {"description": "the same day in ways that are known, for a date in another; at most two"},
    notes=_TEXTS | {"description": "what was put right in the text"},
    verdict={"anyOf": [_VERDICT, {"type": "null"}], "description": "null for a model that writes no dates"},
    source={**_TEXTS, "description": "T_enc characters, padding included"},
    textLength={"type": "integer"},
    steps={"type": "array", "items": {"$ref": "#/components/schemas/Step"}},
    forced={"type": "array", "items": {"type": "integer"}, "description": "steps whose character was forced"},
    id={"type": "string"},
    view={"type": "string"},
    fileName={"type": "string"},
)
_MODELS = _object(
    models={
        "type": "array",
        "items": _object(
            name={"type": "string"},
            digest={"type": "string"},
            attention={"type": "boolean"},
            source_length={"type": "integer", "description": "T_enc"},
            target_length={"type": "integer", "description": "T_dec"},
        ),
    }
)
_PROBLEM = _object(
    type={"type": "string"},
    title={"type": "string"},
    status={"type": "integer"},
    reason={"type": "string", "description": "for programs, as in text-too-long"},
    detail={"type": "string", "description": "for people: what was got, what was expected, what to do"},
)


async def _description(request: Request) -> Response:
    return Response(json.dumps(description()), media_type="application/json")


async def _page(request: Request) -> Response:
    return HTMLResponse(render("server/openapi.html.jinja", api=description(), address=str(request.base_url)))
