"""Where the page's script saves and restores its conversations, and takes them away as evidence."""

from __future__ import annotations

import gzip
import json
import re
from importlib.resources import files
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from ui.citing.pack import pack_markdown
from ui.interface_text import interface_texts
from ui.web.conversations import Conversations, Snapshot, is_key
from ui.web.conversations_export import conversation_pack
from ui.web.conversations_record import ConversationRecord, exchanges_of, record_of
from ui.web.errors import error_json
from ui.web.service import QueuedAnswerer

SCRIPT_PATH = "chat.js"
_PARTS = ("chat_store.js", "chat_filters.js", "chat_outbox.js", "chat_watch.js", SCRIPT_PATH)
_LITERAL = re.compile(r"'([a-z_]+)'")
# Those whose names the script puts together.
_NAMED = frozenset({"since", "until", "outlet", "as_of", "kept_right", "kept_wrong", "own_name"})
_MAX_TITLE = 200
_Title = Annotated[str, Query(max_length=_MAX_TITLE)]
_UNKNOWN = "The server does not know this conversation."


def add_conversation_routes(
    app: FastAPI, conversations: Conversations, service: QueuedAnswerer
) -> None:
    """Add the routes; a conversation's key, which only its browser has, is what gives access to it."""
    plain = _script(service)
    packed = gzip.compress(plain, mtime=0)

    @app.get(f"/{SCRIPT_PATH}")
    def page_script(request: Request) -> Response:
        headers = {"cache-control": "no-cache", "vary": "accept-encoding"}
        small = "gzip" in request.headers.get("accept-encoding", "")
        if small:
            headers["content-encoding"] = "gzip"
        return Response(packed if small else plain, media_type="text/javascript", headers=headers)

    @app.get("/conversations/{key}")
    def saved(key: str) -> JSONResponse:
        found = _known(conversations, key)
        return _record(found) if found else error_json(_UNKNOWN, 404)

    @app.put("/conversations/{key}")
    def restored(key: str, record: ConversationRecord) -> JSONResponse:
        if not is_key(key):
            return error_json("A conversation's key has 32 hexadecimal digits.", 400)
        return _record(conversations.restore(key, exchanges_of(record, service.article)))

    @app.delete("/conversations/{key}")
    def deleted(key: str) -> JSONResponse:
        conversations.delete(key)
        return JSONResponse({})

    @app.get("/conversations/{key}/evidence.{end}")
    def evidence(key: str, end: str, title: _Title = "") -> Response:
        found = _known(conversations, key)
        if found is None or end not in {"md", "json"}:
            return error_json(_UNKNOWN if found is None else "There are md and json.", 404)
        pack = conversation_pack(found, title.strip() or None)
        headers = {
            "content-disposition": f'attachment; filename="evidence.{end}"',
            "cache-control": "no-store",
        }
        if end == "json":
            return JSONResponse(pack, headers=headers)
        return PlainTextResponse(
            pack_markdown(pack), media_type="text/markdown; charset=utf-8", headers=headers
        )


def _script(service: QueuedAnswerer) -> bytes:
    """Return the page's script: those of its texts that it names, the chat's own day, and its parts."""
    parts = [files("ui.web").joinpath(name).read_text("utf-8") for name in _PARTS]
    named = _NAMED.union(_LITERAL.findall("".join(parts)))
    texts = {
        language: {name: line for name, line in table.items() if name in named}
        for language, table in interface_texts().items()
    }
    told = {
        "pressciteTexts": texts,
        "pressciteAsOf": service.as_of.isoformat() if service.as_of else None,
    }
    lines = [
        f"window.{name} = {json.dumps(one, ensure_ascii=False)};" for name, one in told.items()
    ]
    return "\n".join([*lines, *parts]).encode()


def _known(conversations: Conversations, key: str) -> Snapshot | None:
    return conversations.snapshot(key) if is_key(key) else None


def _record(snapshot: Snapshot) -> JSONResponse:
    return JSONResponse(record_of(snapshot), headers={"cache-control": "no-store"})
