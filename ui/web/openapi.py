"""The OpenAPI document of the server: its JSON API alone, not the pages and not Gradio's own routes."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_DESCRIBED = ("/api/", "/healthz", "/readyz")
_DESCRIPTION = (
    "Answers from news articles in the articles' own words. Fields are those of the command line's "
    "--json. Every refusal and every failure is one object with one field, error: one line that "
    "says what is wrong and what to do. Questions wait for each other, and the server refuses one "
    "where too many wait."
)
_TAGS = [
    {"name": "questions", "description": "Ask, search, check a draft."},
    {"name": "articles", "description": "What is in the collection."},
    {"name": "server", "description": "For monitoring."},
]


class DescribedApp(FastAPI):
    """An application whose OpenAPI document holds the routes of the JSON API."""

    def __init__(self) -> None:
        super().__init__(
            title="presscite",
            version=_version(),
            description=_DESCRIPTION,
            docs_url=None,
            redoc_url=None,
            openapi_url="/openapi.json",
        )

    def openapi(self) -> dict[str, Any]:
        """Return the document, made once."""
        if not self.openapi_schema:
            routes = [
                route for route in self.routes if getattr(route, "path", "").startswith(_DESCRIBED)
            ]
            self.openapi_schema = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                routes=routes,
                tags=_TAGS,
            )
        return self.openapi_schema


def _version() -> str:
    try:
        return version("presscite")
    except PackageNotFoundError:
        # Run from a checkout that is not installed.
        return "0"
