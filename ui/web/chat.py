"""The web chat: a Gradio page at ``/`` beside article pages and JSON API, and its server."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by gradio when it is imported

import gradio as gr
from fastapi import FastAPI
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from rag.errors import QueryError
from rag.retrieval.filters import day_asked
from rag.retrieval.query import make_query
from rag.types import Turn
from ui.markup import escape
from ui.web.render import render_answer, render_error, render_question
from ui.web.routes import build_api, http_error
from ui.web.server import listen, run
from ui.web.service import (
    MAX_QUESTION_CHARS,
    MAX_TURNS,
    MAX_WAITING,
    AnswererProtocol,
    QueuedAnswerer,
    RefusedError,
)
from ui.web.style import CHAT_CSS

PROMISE = "Answers from news articles in the articles’ own words, with a link to where they stand."

_LOG = logging.getLogger("presscite")
_CONCURRENCY = 4
_MAX_DAY_CHARS = 40
_Conversation = list[tuple[str, str | None]]
_Messages = list[dict[str, Any]]

# gr.HTML and the ``js=`` of events evaluate strings, which the content security policy forbids;
# a script in the page's head is allowed.
_HEAD = """<meta name="color-scheme" content="light dark"><script>
(() => { let seen = 0; new MutationObserver(() => {
  const shown = document.querySelectorAll('#pc-chat .pc-question, #pc-chat .pc-message').length;
  const asked = document.querySelectorAll('#pc-chat .user-row');
  if (shown > seen && asked.length) setTimeout(() => {
    const chat = asked[0].closest('.bubble-wrap'), last = asked[asked.length - 1];
    if (chat) chat.scrollTop += last.getBoundingClientRect().top
      - chat.getBoundingClientRect().top - 12;
  }, 150);
  seen = shown;
}).observe(document, {childList: true, subtree: true}); })();
</script>"""
"""Shows a reply from its question on, where Gradio would scroll to its end."""


def build_app(
    answerer: AnswererProtocol,
    *,
    examples: Sequence[str] = (),
    subtitle: str = "",
    host: str = "127.0.0.1",
    allowed_hosts: Collection[str] = (),
    as_of: date | None = None,
) -> FastAPI:
    """Build the web application.

    Parameters
    ----------
    answerer
        A ``rag.Answerer``.
    examples
        Questions to click.
    subtitle
        A line under the promise, such as which collection is asked.
    host
        Address the server will be bound to; requests for another host are refused.
    allowed_hosts
        Further names under which it is reached.
    as_of
        The day of questions that are asked without one; None for today.
    """
    service = QueuedAnswerer(answerer, as_of)
    app = build_api(service, host=host, allowed_hosts=allowed_hosts)
    _in_a_loop(lambda: _mount(app, _blocks(service, examples, subtitle), host))
    return app


def serve(
    answerer: AnswererProtocol,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = True,
    *,
    examples: Sequence[str] = (),
    subtitle: str = "",
    allowed_hosts: Collection[str] = (),
    as_of: date | None = None,
) -> None:
    """Serve the chat until interrupted; says where on standard error. Port 0 takes a free one.

    Raises
    ------
    PressciteError
        Where the address cannot be listened on, such as when the port is taken.
    """
    with listen(host, port) as listener:
        app = build_app(
            answerer,
            examples=examples,
            subtitle=subtitle,
            host=host,
            allowed_hosts=allowed_hosts,
            as_of=as_of,
        )
        run(app, listener, host, open_browser)


def _blocks(service: QueuedAnswerer, examples: Sequence[str], subtitle: str) -> gr.Blocks:
    second = f"<p>{escape(subtitle)}</p>" if subtitle else ""
    with gr.Blocks(title="presscite", analytics_enabled=False, fill_height=True) as blocks:
        gr.Markdown(
            f"<div><h1>presscite</h1><p>{escape(PROMISE)}</p>{second}</div>",
            elem_id="pc-head",
            latex_delimiters=[],
        )
        conversation = gr.State([], time_to_live=24 * 3600)
        chatbot = gr.Chatbot(
            elem_id="pc-chat",
            label="Questions and answers",
            show_label=False,
            height="62vh",
            min_height=280,
            layout="bubble",
            buttons=[],
            feedback_options=None,
            latex_delimiters=[],
            allow_tags=False,
            sanitize_html=True,
            autoscroll=False,
            reasoning_tags=[],
            allow_file_downloads=False,
            line_breaks=False,
            placeholder="Ask a question. The answer is a quote, or “The articles don’t say.”",
        )
        box = gr.Textbox(
            label="Your question",
            show_label=False,
            placeholder="Ask about the articles",
            lines=1,
            max_lines=4,
            max_length=MAX_QUESTION_CHARS,
            submit_btn="Ask",
            autofocus=True,
            elem_id="pc-box",
        )
        buttons = []
        if examples:
            with gr.Row(elem_classes="pc-examples"):
                buttons = [gr.Button(example, size="sm") for example in examples]

        with gr.Accordion("Asked as of", open=False, elem_id="pc-as-of"):
            day = gr.Textbox(
                label="Day the question is asked (YYYY-MM-DD)",
                info="Nothing published later is used. Left empty, it is today.",
                value=service.as_of.isoformat() if service.as_of else "",
                placeholder="today",
                lines=1,
                max_lines=1,
                max_length=_MAX_DAY_CHARS,
            )

        def put(question: str, messages: _Messages) -> tuple[str, str, _Messages]:
            """Show the question at once, empty the box, pass the question on."""
            shown = {"role": "user", "content": render_question(question[:MAX_QUESTION_CHARS])}
            return "", question, [*messages, shown] if question.strip() else messages

        def answer(
            question: str, messages: _Messages, turns: _Conversation, as_of: str
        ) -> tuple[_Messages, _Conversation]:
            if not question.strip():
                return messages, turns
            html, turns = reply(service, question, turns, as_of)
            return [*messages, {"role": "assistant", "content": html}], turns

        asked = gr.State("")
        chatbot.clear(lambda: [], None, [conversation], queue=False, api_visibility="private")
        for event, source in [
            (box.submit, box),
            *((button.click, button) for button in buttons),
        ]:
            event(
                put,
                [source, chatbot],
                [box, asked, chatbot],
                queue=False,
                show_progress="hidden",
                api_visibility="private",
            ).then(
                answer,
                [asked, chatbot, conversation, day],
                [chatbot, conversation],
                concurrency_limit=_CONCURRENCY,
                concurrency_id="answer",
                api_visibility="private",
            )
    blocks.queue(max_size=MAX_WAITING, default_concurrency_limit=_CONCURRENCY, api_open=False)
    return blocks


def reply(
    service: QueuedAnswerer, question: str, conversation: _Conversation, as_of: str = ""
) -> tuple[str, _Conversation]:
    """HTML of the reply to a question, and the conversation after it; never raises.

    ``as_of`` is the day as it was typed; empty is today, whatever the chat was started with.

    An exception would leave Gradio's text box disabled until the page is loaded again.
    """
    history = [Turn(earlier, said) for earlier, said in conversation]
    try:
        day = day_asked(as_of.strip())
        answer = service.ask(make_query(question, history=history, as_of=day))
        html = render_answer(answer)
    except (RefusedError, QueryError) as error:
        return render_error(str(error)), conversation
    except Exception:
        _LOG.exception("an answer could not be shown")
        line = "Something went wrong while showing the answer; the server's log says what."
        return render_error(line), conversation
    return html, [*conversation, (question.strip(), answer.text)][-MAX_TURNS:]


def _mount(app: FastAPI, blocks: gr.Blocks, host: str) -> None:
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=host,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=_theme(),
        css=CHAT_CSS,
        head=_HEAD,
    )
    for route in app.routes:
        # Gradio is mounted at "/", so that it answers every address that no route here takes.
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            route.app.add_exception_handler(HTTPException, _gradio_error)


async def _gradio_error(request: Request, error: Exception) -> Response:
    """Answer as `http_error` does, except where Gradio's own page reads its own form of errors."""
    if request.url.path.startswith("/gradio_api") and isinstance(error, HTTPException):
        return await http_exception_handler(request, error)
    return http_error(request, error)


def _in_a_loop(work: Callable[[], None]) -> None:
    """Run where an event loop runs: without one Gradio opens several and closes none."""

    async def inside() -> None:
        work()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(inside())
    else:
        work()


def _theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue=gr.themes.colors.stone,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_sm,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"],
    )
