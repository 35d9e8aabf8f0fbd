"""What encoding a text may be in that says none, by its bytes."""

from __future__ import annotations

_ENOUGH = 200_000
# Fewer letters of another script could be the accents of a Latin one.
_MIN_FOREIGN = 32


def likely_encodings(data: bytes, share: float = 0.2) -> list[str]:
    """Return the encodings that bytes of a script other than Latin may be in, the likeliest first.

    None where less than a share of the bytes is beyond ASCII: those few are accents and quotation marks,
    which tell nothing. For bytes that are no UTF-8.
    """
    foreign = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if foreign < _MIN_FOREIGN or foreign < share * len(data):
        return []
    from charset_normalizer import from_bytes

    return [found.encoding for found in from_bytes(data[:_ENOUGH])]
