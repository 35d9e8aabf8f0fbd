"""What encoding a text may be in that says none, by its bytes."""

from __future__ import annotations

_ENOUGH = 200_000
_BEYOND_ASCII = bytes(range(128, 256))
# Fewer letters of another script could be the accents of a Latin one.
_MIN_FOREIGN = 32


def is_of_other_script(data: bytes, share: float = 0.2) -> bool:
    """Whether a share of bytes that are no UTF-8 is beyond ASCII; fewer are accents and quotation marks."""
    foreign = len(data) - len(data.translate(None, _BEYOND_ASCII))
    return foreign >= _MIN_FOREIGN and foreign >= share * len(data)


def likely_encodings(data: bytes, share: float = 0.2) -> list[str]:
    """Return the encodings that bytes of a script other than Latin may be in, the likeliest first.

    None where `is_of_other_script` says no: accents tell nothing. For bytes that are no UTF-8.
    """
    if not is_of_other_script(data, share):
        return []
    from charset_normalizer import from_bytes

    return [found.encoding for found in from_bytes(_sample(data))]


def _sample(data: bytes) -> bytes:
    """Return the beginning of data, which ends with a character in whatever encoding it is.

    A cut inside a character rules its encoding out. A byte of ASCII is a character or ends one: the
    sample ends there, or, where there is none near its end, after an even number of bytes beyond ASCII.
    """
    if len(data) <= _ENOUGH:
        return data
    sample = data[:_ENOUGH]
    kept = sample.rstrip(_BEYOND_ASCII)
    beyond = len(sample) - len(kept)
    return kept if beyond < len(sample) // 2 else sample[: len(sample) - beyond % 2]
