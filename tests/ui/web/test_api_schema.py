"""schemathesis against the JSON API: generated requests, valid and not, answered as the document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks

from rag import Answerer, Index
from tests.conftest import HashEncoder
from tests.rag.checking.test_draft import QUAKE, REPRINT, TERMINAL
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

pytestmark = pytest.mark.slow

# Valid by the schema and still refused: a question without words, a range that ends before it begins, a
# date that is none.
LEFT_OUT = [checks.positive_data_acceptance]
EVERY = [
    ("POST", "/api/ask"),
    ("POST", "/api/search"),
    ("POST", "/api/check"),
    ("GET", "/api/articles"),
    ("GET", "/api/collection"),
    ("GET", "/api/articles/{article_id}"),
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    folder = tmp_path_factory.mktemp("schema") / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as index:
        index.add([TERMINAL, REPRINT, QUAKE])
        app = build_api(QueuedAnswerer(Answerer(index)))
        yield schemathesis.openapi.from_asgi("/openapi.json", app, headers={"host": "localhost"})


# Every text may be an id: none is no valid one.
@pytest.mark.parametrize(
    ("mode", "method", "path"),
    [(mode, *one) for mode in MODES for one in (EVERY if mode is MODES[0] else EVERY[:-1])],
)
def test_answers_are_as_the_document_says(
    schema: Any, mode: GenerationMode, method: str, path: str
) -> None:
    @settings(
        max_examples=25,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def answered(case: schemathesis.Case) -> None:
        response = case.call(headers={"host": "localhost"})
        left_out = LEFT_OUT
        if response.status_code == 413:
            # A text over its own limit may make a body over the server's.
            left_out = [*LEFT_OUT, checks.negative_data_rejection]
        case.validate_response(response, excluded_checks=left_out)

    answered()


def test_every_address_is_tried(schema: Any) -> None:
    described = {(one.ok().method.upper(), one.ok().path) for one in schema.get_all_operations()}
    assert described - set(EVERY) == {("GET", "/healthz"), ("GET", "/readyz")}
