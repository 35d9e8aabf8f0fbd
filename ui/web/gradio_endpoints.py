"""Named endpoints for Gradio's own client: ``/ask`` and ``/search``.

``Client("http://127.0.0.1:7860").predict("Who chaired the session?", api_name="/ask")``
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from rag.errors import QueryError
from ui.public import public_record
from ui.serialize import answer_json, passage_json
from ui.web.api_models import Question, first_complaint
from ui.web.gradio_module import gr
from ui.web.service import QueuedAnswerer, RefusedError

_CONCURRENCY = 4


def add_endpoints(service: QueuedAnswerer) -> None:
    """Add the endpoints to the ``gr.Blocks`` that is being built."""

    def ask(
        question: str,
        since: str | None = None,
        until: str | None = None,
        outlet: str | None = None,
        language: str | None = None,
        as_of: str | None = None,
        k: int = 10,
        history: list[dict[str, str | None]] | None = None,
        collection: str | None = None,
    ) -> dict[str, Any]:
        """Answer a question with a quote, as `POST /api/ask` does.

        Args:
            question: The question.
            since: Published on this day or later, as an ISO date.
            until: Published on this day or earlier.
            outlet: Only this outlet.
            language: Only this language, such as en.
            as_of: The day the question is asked; nothing newer is used.
            k: How many passages.
            history: The earlier turns, objects of question and answer, oldest first.
            collection: Only this collection.
        """
        with _Told():
            asked = Question(
                question=question, since=since, until=until, outlet=outlet, language=language,
                as_of=as_of, collection=collection, k=k, history=history,  # type: ignore[arg-type]
            )  # fmt: skip
            record: dict[str, Any] = public_record(answer_json(service.ask(asked.query())))
            return record

    def search(
        question: str,
        since: str | None = None,
        until: str | None = None,
        outlet: str | None = None,
        language: str | None = None,
        as_of: str | None = None,
        k: int = 10,
        collection: str | None = None,
    ) -> list[dict[str, Any]]:
        """Find the passages nearest to a question, best first, as `POST /api/search` does.

        Args:
            question: What to look for.
            since: Published on this day or later, as an ISO date.
            until: Published on this day or earlier.
            outlet: Only this outlet.
            language: Only this language, such as en.
            as_of: The day the question is asked; nothing newer is used.
            k: How many passages.
            collection: Only this collection.
        """
        with _Told():
            asked = Question(
                question=question, since=since, until=until, outlet=outlet, language=language,
                as_of=as_of, collection=collection, k=k,
            )  # fmt: skip
            return [public_record(passage_json(one)) for one in service.search(asked.query())]

    for endpoint in (ask, search):
        gr.api(
            endpoint,
            api_name=endpoint.__name__,
            concurrency_limit=_CONCURRENCY,
            concurrency_id="answer",
        )


class _Told:
    """Turns what is the caller's fault, or was refused, into an error whose line Gradio passes on."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ValidationError):
            raise gr.Error(first_complaint(error.errors()), print_exception=False) from None
        if isinstance(error, QueryError | RefusedError):
            raise gr.Error(" ".join(str(error).split()), print_exception=False) from None
