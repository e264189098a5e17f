"""What nobody types by accident: hostile texts, bytes, JSON, requests and frames, decided by a random generator."""

from __future__ import annotations

import json
import random
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

_LONGEST: Final = 20_000

PIECES: Final = (
    *("", " ", "\t", "\n", "\r\n", "\0", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff", "\u202e", "\u200d"),
    *(
        "\ud800",
        "\udfff",
        "\ud83d",
        "\U0001f600",
        "e\u0301",
        "ﬁ",
        "２０２６年",
        "平成6年",
        "오전",
        "Ⅻ",
        "١٢٣",
        "ß",
        "İ",
    ),
    *("0", "-0", "-1", "1e400", "-1e400", "1e-400", "NaN", "Infinity", "2147483648", "9223372036854775808", "1_0"),
    *("9" * 400, "1" * 5000, "٣", "½", "true", "null", "None", "[]", "{}", '""', "[" * 3000, '{"a":' * 800),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;", "**a**", "[a](javascript:b)", "$x^2$"),
    *(
        "%s%n",
        "%",
        "%00",
        "%ff",
        "%ud800",
        "..",
        "../../etc/passwd",
        "file:///",
        "a" * 3000,
        "\\",
        "'",
        '"',
        "`",
        "{0}",
    ),
    *("september 27, 1994", "2/10/93", "1994-09-27", "monday", "31/12/99", "feb 30, 2001", "0/0/0"),
)


def text(rng: random.Random, seeds: Sequence[str] = ("",)) -> str:
    """A text: one of the seeds, changed here and there; sometimes nothing but pieces of `PIECES`."""
    made = rng.choice(seeds) if rng.random() < 0.8 else ""
    for _ in range(rng.choice((0, 1, 1, 2, 3, 8))):
        place, length = rng.randint(0, len(made)), rng.choice((0, 0, 1, 2, 5))
        new = (
            rng.choice(PIECES) if rng.random() < 0.7 else chr(rng.choice((rng.randrange(128), rng.randrange(0x110000))))
        )
        made = made[:place] + new + made[place + length :]
    return made[:_LONGEST]


def changed_bytes(rng: random.Random, seed: bytes) -> bytes:
    """Bytes that were good, with some of them other, gone, doubled or more."""
    made = bytearray(seed)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        place = rng.randrange(len(made) + 1)
        # What a file says of itself stands at its beginning.
        place = min(place, rng.choice((8, 64, 1000, len(made))))
        length = rng.choice((1, 1, 2, 8, 100))
        new = rng.choice(
            (b"", b"\0" * length, b"\xff" * length, rng.randbytes(length), bytes(made[place : place + length]))
        )
        if rng.random() < 0.1:
            new = text(rng).encode("utf-8", "surrogatepass")
        if rng.random() < 0.1:
            del made[place:]
        made[place : place + rng.choice((0, length))] = new
    return bytes(made)


def changed_json(rng: random.Random, value: Any) -> str:
    """JSON that was good, with something in it put in the place of something else; sometimes no JSON any more."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        value = _with_one_changed(rng, value)
    written = json.dumps(value)
    for wrong in ("NaN", "1e400", "-1e400", "1" * 400):
        if rng.random() < 0.05:
            written = written.replace(rng.choice("123456789"), wrong, 1)
    return text(rng, (written,)) if rng.random() < 0.15 else written


_VALUES: Final[tuple[Callable[[random.Random], Any], ...]] = (
    lambda rng: None,
    lambda rng: rng.choice((True, False)),
    lambda rng: rng.choice((0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 10**400)),
    lambda rng: rng.choice((0.0, -0.0, 0.5, 1e38, 1e39, 1e308, -1e-320, 2.0)),
    lambda rng: text(rng)[:300],
    lambda rng: [],
    lambda rng: {},
    lambda rng: [rng.random() for _ in range(rng.randrange(40))],
    lambda rng: {text(rng)[:20]: text(rng)[:20]},
)


def _with_one_changed(rng: random.Random, value: Any, depth: int = 0) -> Any:
    """The same with one thing in it changed; what is not changed is shared."""
    if value and isinstance(value, dict | list) and rng.random() < 0.9 and depth < 6:
        place = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        made = value.copy()
        if rng.random() < 0.15:
            del made[place]
        elif rng.random() < 0.1 and isinstance(made, list):
            made.insert(place, made[place])
        else:
            made[place] = _with_one_changed(rng, value[place], depth + 1)
        return made
    return rng.choice(_VALUES)(rng)


CHANGES: Final[list[dict[str, Any]]] = [
    {"kind": "temperature", "value": 0.5},
    {"kind": "uniform", "step": 2},
    {"kind": "argmax"},
    {"kind": "mask", "positions": [1, 2]},
    {"kind": "force", "step": 2, "character": "7"},
    {"kind": "replace", "position": 3, "character": "x"},
    {"kind": "weights", "step": 1, "weights": [1.0] + [0.0] * 28},
    {"kind": "gold"},
    {"kind": "permute", "seed": 3},
    {"kind": "mask-padding"},
]


def changes(rng: random.Random) -> str:
    """What a link says about changes."""
    listed = rng.sample(CHANGES, rng.randint(1, 4)) * rng.choice((1, 1, 1, 8))
    return changed_json(rng, listed) if rng.random() < 0.8 else json.dumps(listed)


def query(rng: random.Random) -> dict[str, str]:
    """Parameters of an address."""
    good = {
        "text": "september 27, 1994", "model": "date-attention", "lang": "en", "step": "4", "scale": "viridis",
        "padding": "1", "changes": changes(rng), "run": "1", "bug": "context-not-fed", "quiz": "7", "format": "csv",
    }  # fmt: skip
    asked = {name: good[name] for name in rng.sample(sorted(good), rng.randint(1, 6))}
    for name in asked:
        if rng.random() < 0.4:
            asked[name] = text(rng, (asked[name], *good.values()))
    if rng.random() < 0.1:
        asked[text(rng)[:40]] = text(rng)[:40]
    return asked


def quoted(parameters: dict[str, str]) -> str:
    """Parameters as they stand in an address, halves of surrogate pairs too."""
    return urllib.parse.urlencode(parameters, errors="surrogatepass")


def request(rng: random.Random) -> bytes:
    """An HTTP request, of which most can be read."""
    path = rng.choice(("/api/trace", "/api/trace", "/api/trace", "/api/file", "/api/models", "/", "/train", "/api"))
    target = f"{path}?{quoted(query(rng))}" if rng.random() < 0.85 else text(rng, (path,))[:3000].replace(" ", "+")
    method = "GET" if rng.random() < 0.9 else rng.choice(("POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PRI"))
    headers = ["Host: 127.0.0.1", "Accept-Encoding: gzip", 'If-None-Match: W/"0"', "Prefer: handling=lenient"]
    headers += ["Cookie: attention_visitor=1", "Accept-Language: ja", "Range: bytes=0-10", "X-Forwarded-Proto: https"]
    chosen = [headers[0], *rng.sample(headers[1:], rng.randint(0, 4))]
    chosen = [text(rng, (line,))[:1000] if rng.random() < 0.1 else line for line in chosen]
    body = b""
    if rng.random() < 0.1:
        path = f"/_stcore/upload_file/{text(rng, ('a-session',))[:80]}/{text(rng, ('a-file',))[:80]}"
        method, target, body = "PUT", urllib.parse.quote(path, errors="surrogatepass"), rng.randbytes(300)
        chosen += [f"Content-Length: {rng.choice((300, 300, 0, -1, 10**30))}", "Content-Type: multipart/form-data"]
    lines = [f"{method} {target} HTTP/1.1", *chosen, "Connection: close"]
    head = "\r\n".join(line.replace("\r", "").replace("\n", "") for line in lines)
    made = head.encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body
    return changed_bytes(rng, made) if rng.random() < 0.05 else made


_VALUE_OF: Final = {
    "button": "trigger_value",
    "checkbox": "bool_value",
    "number_input": "double_value",
    "button_group": "string_array_value",
    "bidi_component": "json_value",
}
"""By kind of widget, the field that its value comes in; of all others a text."""


def frame(rng: random.Random, widgets: Mapping[str, str], page: str) -> bytes | str:
    """A frame of the web socket.

    A widget is given any value, but one of the kind that it takes: for others Streamlit has a traceback of its own.

    Args:
        widgets: kinds of the widgets that there are, by identifier.
        page: identifier of the page that is shown.
    """
    # Imported here: the other inputs need no Streamlit.
    from streamlit.proto.BackMsg_pb2 import BackMsg

    message = BackMsg()
    kind = rng.random()
    if kind < 0.05:
        return text(rng).encode("utf-8", "replace").decode()
    if kind < 0.15:
        return rng.randbytes(rng.randrange(200))
    if kind < 0.3:
        word = rng.choice(("clear_cache", "set_run_on_save", "stop_script", "load_git_info", "app_heartbeat"))
        setattr(message, rng.choice((word, "debug_disconnect_websocket", "debug_shutdown_runtime")), True)
    elif kind < 0.35:
        message.file_urls_request.request_id = "a"
        message.file_urls_request.file_names.extend(_storable(rng)[:200] for _ in range(rng.randrange(50)))
    elif kind < 0.4:
        operation = message.backend_operation_request
        getattr(
            operation, rng.choice(("install_skills", "deferred_file", "dismiss_skills_nudge", "dataframe_chunk"))
        ).SetInParent()
    else:
        rerun = message.rerun_script
        rerun.query_string = quoted(query(rng)) if rng.random() < 0.8 else _storable(rng)
        rerun.page_script_hash = page if rng.random() < 0.8 else _storable(rng)[:100]
        rerun.fragment_id = _storable(rng)[:100] if rng.random() < 0.1 else ""
        rerun.page_name = rng.choice(("", "", "inside", "film", "bugs", "lab", _storable(rng)[:50]))
        for identifier in rng.sample(sorted(widgets), min(len(widgets), rng.randrange(5))):
            state = rerun.widget_states.widgets.add(id=identifier)
            _set_value(rng, state, _VALUE_OF.get(widgets[identifier], "string_value"))
        if rng.random() < 0.2:
            rerun.widget_states.widgets.add(id=_storable(rng)[:80], string_value=_storable(rng))
    made = bytes(message.SerializeToString())
    broken = changed_bytes(rng, made) if rng.random() < 0.1 else made
    try:
        message.ParseFromString(broken)
    except Exception:  # of protobuf: it is no message any more, as is wanted
        return broken
    return made


def _set_value(rng: random.Random, state: Any, name: str) -> None:
    if name in ("trigger_value", "bool_value"):
        setattr(state, name, True)
    elif name == "double_value":
        state.double_value = rng.choice((0.0, -1.0, 7.0, 1e308, float("nan"), float("inf")))
    elif name == "string_array_value":
        state.string_array_value.data.extend(_storable(rng)[:300] for _ in range(rng.randrange(3)))
    elif name == "json_value":
        good = {"step": 1, "text": "2/10/93", "count": 3, "told": {"text": "2/10/93", "changes": "[]", "count": 1}}
        state.json_value = changed_json(rng, good).encode("utf-8", "replace").decode()
    else:
        edits = {"edited_rows": {"0": {"0": 1.5}}, "added_rows": [], "deleted_rows": []}
        state.string_value = (
            changed_json(rng, edits).encode("utf-8", "replace").decode() if rng.random() < 0.1 else _storable(rng)
        )


def _storable(rng: random.Random) -> str:
    """A text that a message can hold: no halves of surrogate pairs."""
    return text(rng, ("2/10/93", "september 27, 1994")).encode("utf-8", "replace").decode()
