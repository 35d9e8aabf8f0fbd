"""What the campaign finds wrong for a known reason; a line leaves this list with its bug.

Only the test of the short run reads it: ``python -m tests.faults`` calls wrong what is wrong.
"""

KNOWN: dict[str, str] = {
    # Words of the finding, and the reason.
}


def reason(wrong: str) -> str | None:
    """Return why a finding is known, or None where it is news."""
    return next((text for words, text in KNOWN.items() if words in wrong), None)
