"""What encoding a text may be in that says none, by its bytes."""

from __future__ import annotations

_ENOUGH = 200_000
# Fewer letters of another script could be the accents of a Latin one.
_MIN_FOREIGN = 32


def is_of_other_script(data: bytes, share: float = 0.2) -> bool:
    """Whether a share of bytes that are no UTF-8 is beyond ASCII; fewer are accents and quotation marks."""
    foreign = len(data) - len(data.translate(None, bytes(range(128, 256))))
    return foreign >= _MIN_FOREIGN and foreign >= share * len(data)


def likely_encodings(data: bytes, share: float = 0.2) -> list[str]:
    """Return the encodings that bytes of a script other than Latin may be in, the likeliest first.

    None where `is_of_other_script` says no: accents tell nothing. For bytes that are no UTF-8.
    """
    if not is_of_other_script(data, share):
        return []
    from charset_normalizer import from_bytes

    return [found.encoding for found in from_bytes(data[:_ENOUGH])]
