"""Pages as responses, each under the policy that says what it may load and where its forms may go."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

PAGE_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""Of pages without a form."""
FORM_SECURITY_POLICY = PAGE_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'")
"""Of pages with one."""


def page_response(
    page: str, status: int = 200, *, forms: bool = False, script: bool = False
) -> HTMLResponse:
    """Return a page; one without ``forms`` can send nothing, whatever an article holds.

    Nor does anything run in it, except with ``script`` a file of this server.
    """
    policy = FORM_SECURITY_POLICY if forms else PAGE_SECURITY_POLICY
    if script:
        policy += "; script-src 'self'"
    return HTMLResponse(page, status_code=status, headers={"content-security-policy": policy})
