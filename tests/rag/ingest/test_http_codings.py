"""Codings of HTTP bodies are undone; what inflates beyond the limit, or is damaged, is told."""

import gzip
import zlib

import brotli
import pytest

from rag.errors import SourceError
from rag.ingest.http_codings import decoded

BODY = "<p>Orvane’s ferry was cancelled.</p>".encode() * 50


def raw_deflate(data):
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()


def chunks(data, size=100, end="\r\n"):
    parts = [data[n : n + size] for n in range(0, len(data), size)]
    line = end.encode()
    return b"".join(b"%x;q=1" % len(p) + line + p + line for p in parts) + b"0" + line + line


@pytest.mark.parametrize(
    ("data", "codings"),
    [
        (BODY, ()),
        (BODY, ("identity", "")),
        (gzip.compress(BODY, mtime=0), ("gzip",)),
        (gzip.compress(BODY[:99], mtime=0) + gzip.compress(BODY[99:], mtime=0), ("X-Gzip",)),
        (zlib.compress(BODY), ("deflate",)),
        (raw_deflate(BODY), ("deflate",)),
        (brotli.compress(BODY), ("br",)),
        (chunks(BODY), ("chunked",)),
        (chunks(BODY, end="\n"), ("chunked",)),
        (chunks(gzip.compress(BODY, mtime=0), 7), ("gzip", "chunked")),
        # Stored without the coding that the header still names.
        (BODY, ("gzip", "chunked")),
        (BODY, ("br",)),
        (BODY, ("deflate",)),
    ],
)
def test_codings_are_undone(data, codings):
    assert decoded(data, codings) == BODY


def test_of_a_body_that_was_cut_off_the_beginning_is_read():
    assert decoded(gzip.compress(BODY, mtime=0)[:-12], ("gzip",)).startswith(BODY[:20])
    assert decoded(chunks(BODY)[:-60], ("chunked",)).startswith(BODY[:200])
    assert BODY.startswith(decoded(brotli.compress(BODY)[:-3], ("br",)))


@pytest.mark.parametrize("name", ["gzip", "deflate", "br"])
@pytest.mark.slow
def test_bombs_are_not_inflated(name):
    compress = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[name]
    bomb = compress(bytes(30_000_000))
    with pytest.raises(SourceError, match="more than 1,000,000 bytes when decompressed"):
        decoded(bomb, (name,), limit=1_000_000)


@pytest.mark.parametrize(
    ("data", "codings", "message"),
    [
        (b"x", ("zstd",), "coding 'zstd', which cannot be undone"),
        (b"x", ("gzip",) * 9, "in 9 codings"),
        (gzip.compress(BODY, mtime=0)[:-8] + bytes(8), ("gzip",), "compressed body is damaged"),
    ],
)
def test_what_cannot_be_undone_is_told(data, codings, message):
    with pytest.raises(SourceError, match=message):
        decoded(data, codings)


@pytest.mark.parametrize(
    "line", [b"-5\r\nabc", b"+5\r\nabc", b"ffffffffff\r\nabc", b"\r\n\r\n", b""]
)
def test_odd_chunk_lengths_are_text_or_end(line):
    assert isinstance(decoded(line, ("chunked",)), bytes)
