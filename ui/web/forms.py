"""What a script-free form sends: its fields, read within bounds."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from rag.errors import QueryError

FORM_TYPE = "application/x-www-form-urlencoded"
_MAX_FIELDS = 50


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; of one that is given twice, the last.

    The server's own bound on a body holds here as everywhere.

    Raises
    ------
    QueryError
        Where the body is no such form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM_TYPE:
        raise QueryError(f"the body is {kind or 'of no type'}; send it as {FORM_TYPE}")
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise QueryError(
            f"the form cannot be read ({error}); send at most {_MAX_FIELDS} fields"
        ) from error
    # Browsers send the line breaks of a text field as CR LF.
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
