"""Formats whose parsers hang, crash and eat memory; importing this adds them to the table."""

import os
import sys
import time

from rag.ingest.article import make_article
from rag.ingest.formats import FORMATS, Format

STORY = "The ferry to Orvane was cancelled on Tuesday after a storm damaged its bow."


def hang(stream, source, options):
    time.sleep(3600)
    yield from ()


def spin_in_c(stream, source, options):
    # Python's signal handlers and other threads wait for this to end.
    yield from [pow(7, 10**9)]


def crash(stream, source, options):
    os.abort()
    yield from ()


def leave(stream, source, options):
    os._exit(0)
    yield from ()


def allocate(stream, source, options):
    held = []
    while True:
        held.append(bytearray(50_000_000))
    yield from ()


def recurse(stream, source, options):
    def deeper(n):
        return deeper(n + 1)

    yield deeper(0)


def raise_something(stream, source, options):
    yield make_article(text=f"{STORY} Before it failed.", source=source)
    raise KeyError("a tag\nthat is missing")


def print_much(stream, source, options):
    print("noise " * 10_000)
    os.write(1, b"\xff" * 10_000)
    sys.stderr.write("warning " * 10_000)
    yield make_article(text=stream.read().decode(), source=source)


def tell(stream, source, options):
    options.note(source, f"read as {options.date_order}, {dict(options.fields)}")
    text = stream.read().decode()
    yield make_article(text=text, source=source, title=f"By process {os.getpid()}")


def lie(stream, source, options):
    article = make_article(text=STORY, source=source)
    object.__setattr__(article, "text", 7)
    yield article


def grow(stream, source, options):
    """Keep half of what a worker may hold, as a parser that leaks does."""
    LEAKED.append(bytearray(200_000_000))
    yield make_article(text=f"{STORY} {stream.read().decode()}", source=source)


LEAKED = []
for reader in (
    hang, spin_in_c, crash, leave, allocate, recurse, raise_something, print_much, tell, lie, grow
):  # fmt: skip
    FORMATS[f".{reader.__name__}"] = Format(reader, isolated=True)
