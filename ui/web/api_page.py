"""The OpenAPI document as a page without scripts; pure functions."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ui.interface_text import ENGLISH
from ui.markup import escape, local_path
from ui.web.article_page import html_page
from ui.web.reader_language import told_in

API_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_CSS = """
main { max-width: 60rem; }
code, pre { font: .9em/1.5 ui-monospace, Consolas, monospace; }
pre { background: var(--pc-quiet); padding: .6rem .9rem; overflow-x: auto; }
h2 { margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--pc-rule); }
h3 { margin: 2rem 0 .25rem; } h3 code { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
caption { text-align: left; font-weight: 600; padding: .5rem 0 .25rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
  border-top: 1px solid var(--pc-rule); overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
"""
_HEAD = "<tr><th scope='col'>{}</th><th scope='col'>{}</th><th scope='col'>{}</th></tr>"
_Schema = Mapping[str, Any]


def render_api_page(document: _Schema, base_url: str) -> str:
    """HTML page of an OpenAPI document: each address, what it takes, what it gives.

    Parameters
    ----------
    base_url
        Where the server is reached, for the examples.
    """
    info = document["info"]
    schemas = document["components"]["schemas"]
    parts = [
        "<h1>JSON API</h1>",
        f"<p>{escape(info['description'])}</p>",
        f'<p>The same as a document for programs: <a href="{escape(local_path("/openapi.json"))}">'
        f"OpenAPI {escape(document['openapi'])}</a>.</p>",
    ]
    for tag in document.get("tags", ()):
        parts.append(f"<h2>{escape(tag['description'])}</h2>")
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation.get("tags", ()):
                    parts.append(_operation(method, path, operation))
                    parts.append(_example(base_url.rstrip("/") + path, operation, schemas))
    parts.append(_other_ways(base_url))
    parts.append("<h2>Objects</h2>")
    parts += [_object(name, schemas[name]) for name in sorted(schemas)]
    with told_in(ENGLISH):
        return html_page("JSON API", "".join(parts), css=_CSS)


def _other_ways(base_url: str) -> str:
    """HTML that names the other ways for programs: Gradio's client and assistants."""
    asked = (
        "from gradio_client import Client\n"
        f'answer = Client({base_url!r}).predict("Who chaired the session?", api_name="/ask")'
    )
    return (
        "<h2>Other ways</h2><p>Gradio&#8217;s own client finds the endpoints <code>/ask</code> and "
        f"<code>/search</code>:</p><pre class='python' tabindex='0'>{escape(asked)}</pre>"
        "<p>Assistants ask, search and check over the Model Context Protocol: "
        "<code>presscite mcp --index FOLDER</code>.</p>"
    )


def _operation(method: str, path: str, operation: _Schema) -> str:
    """HTML of one address under one method."""
    about = operation.get("description") or operation.get("summary", "")
    parts = [
        f"<section><h3><code>{escape(method.upper())} {escape(path)}</code></h3>",
        f"<p>{escape(about)}</p>",
    ]
    rows = [
        _row(one["name"], one["schema"], one.get("description", ""), one.get("required", False))
        for one in operation.get("parameters", ())
    ]
    if rows:
        parts.append(_table("In the address", ("Name", "Type", "Meaning"), rows))
    body = operation.get("requestBody")
    if body:
        schema = body["content"]["application/json"]["schema"]
        parts.append(f"<p>Body: {_type(schema)}, as <code>application/json</code>.</p>")
    answers = [
        f"<tr><td>{escape(status)}</td><td>{_content(answer)}</td>"
        f"<td>{escape(answer.get('description', ''))}</td></tr>"
        for status, answer in operation["responses"].items()
    ]
    parts.append(_table("Answers", ("Status", "Body", "When"), answers))
    return "".join(parts) + "</section>"


def _example(url: str, operation: _Schema, schemas: _Schema) -> str:
    """HTML of a command that asks an address which takes a body; empty for the others."""
    body = operation.get("requestBody")
    if not body:
        return ""
    name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    record = {
        field: about["example"]
        for field, about in schemas[name]["properties"].items()
        if field in schemas[name].get("required", ()) and "example" in about
    }
    command = (
        f"curl {shlex.quote(url)} -H 'Content-Type: application/json' "
        f"-d {shlex.quote(json.dumps(record, ensure_ascii=False))}"
    )
    return f"<pre tabindex='0'>{escape(command)}</pre>"


def _content(answer: _Schema) -> str:
    return ", ".join(_type(media["schema"]) for media in answer.get("content", {}).values())


def _object(name: str, schema: _Schema) -> str:
    """HTML of one schema, which the others link to."""
    required = schema.get("required", ())
    rows = [
        _row(field, about, about.get("description", ""), field in required)
        for field, about in schema.get("properties", {}).items()
    ]
    return (
        f'<section><h3 id="{escape(_anchor(name))}"><code>{escape(name)}</code></h3>'
        f"<p>{escape(' '.join(schema.get('description', '').split()))}</p>"
        f"{_table('Fields', ('Name', 'Type', 'Meaning'), rows)}</section>"
    )


def _table(caption: str, head: tuple[str, str, str], rows: list[str]) -> str:
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead>{_HEAD.format(*head)}</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(name: str, schema: _Schema, meaning: str, required: bool) -> str:
    """HTML of one field, with its limits and its default."""
    told = [meaning, *_limits(schema)]
    if not required and schema.get("default") is not None:
        told.append(f"Default: {json.dumps(schema['default'])}.")
    name = f"<code>{escape(name)}</code>{' (required)' if required else ''}"
    return f"<tr><td>{name}</td><td>{_type(schema)}</td><td>{escape(' '.join(filter(None, told)))}</td></tr>"


def _limits(schema: _Schema) -> Iterator[str]:
    for one in (schema, *schema.get("anyOf", ())):
        for key, words in (
            ("minimum", "At least {:,}."),
            ("maximum", "At most {:,}."),
            ("minLength", "At least {:,} characters."),
            ("maxLength", "At most {:,} characters."),
            ("maxItems", "At most {:,}."),
        ):
            if key in one:
                yield words.format(one[key])


def _type(schema: _Schema) -> str:
    """HTML of a schema's type; objects link to their own section."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{escape(_anchor(name))}"><code>{escape(name)}</code></a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(json.dumps(one))}</code>" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        return f"object of {_type(values)}"
    return escape(str(schema.get("type", "any")))


def _anchor(name: str) -> str:
    return f"object-{name}"
