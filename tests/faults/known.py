"""What the campaign finds wrong for a known reason; a line leaves this list with its bug.

Only the test of the short run reads it: ``python -m tests.faults`` calls wrong what is wrong.
"""

KNOWN = {
    # Words of the finding, and the reason.
    "it said that the articles are saved": "an error of deriving hides the error of the commit",
    "faiss::read_index": "a FAISS file whose closing failed is recorded as good",
    "was told: ": "the lock is taken a moment before its holder's name is written",
    "verify finds it sound, yet": "no checksum stands over vectors and some columns of the catalog",
    "256 against 99": "max_word_pieces is stored and not compared",
    "against cl100k_base": "token_encoding is stored and not compared",
    "journal without -shm": "immutable=1 does not look at the write-ahead log",
    "(decoder.py:": "deep nesting and long numbers in the JSON of question sets are not caught",
    "a bytes-like object is required": "probes are read without a check",
    "database disk image is malformed": "two reads of add are not turned into an error of our own",
    "has no attribute 'items'": "what derived files there are is read without a check",
    "it said that nothing was changed, and all was": "a COMMIT that fails may still have happened",
}


def reason(wrong: str) -> str | None:
    """Return why a finding is known, or None where it is news."""
    return next((text for words, text in KNOWN.items() if words in wrong), None)
