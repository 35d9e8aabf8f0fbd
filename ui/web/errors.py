"""Errors of the server, each in one line."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rag.errors import QueryError
from ui.web.api_models import first_complaint
from ui.web.service import RefusedError


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error of a route with one line and its status."""

    @app.exception_handler(QueryError)
    def no_query(_request: Request, error: QueryError) -> JSONResponse:
        return error_json(" ".join(str(error).split()), 400)

    @app.exception_handler(RefusedError)
    def refused(_request: Request, error: RefusedError) -> JSONResponse:
        return error_json(str(error), error.status)

    app.add_exception_handler(HTTPException, http_error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        # JSON sent as a form, as curl does unasked, is not looked at.
        if found[0].get("loc") == ("body",) and kind and not kind.endswith(("/json", "+json")):
            return error_json(f"body: sent as {kind[:80]}; send JSON as application/json", 422)
        return error_json(first_complaint(found), 422)


def http_error(_request: Request, error: Exception) -> JSONResponse:
    """Return an HTTP error of the framework in the API's one shape."""
    if not isinstance(error, HTTPException):
        raise error
    if isinstance(error.__cause__, ValueError | RecursionError):
        # Bytes that are not text, or too many brackets: FastAPI reports these apart from other broken JSON.
        return error_json("body: not valid JSON", 422)
    line = " ".join(str(error.detail).split()) or "The request was refused."
    return JSONResponse({"error": line}, error.status_code, headers=error.headers)


def error_json(line: str, status: int) -> JSONResponse:
    """Return an error in the API's one shape."""
    return JSONResponse({"error": line}, status_code=status)
