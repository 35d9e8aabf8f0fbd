"""Point 10: as much as anybody may give it, and more: done or refused in a line, in bounded memory.

Every try is a process of its own that tells the most memory it held. The short run gives a thousandth,
where what is bounded shows less.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag.ingest.article import MAX_CHARACTERS
from tests.faults.bulk import found
from tests.faults.filesystem import mounted, resized, taken
from tests.faults.model import Setting, Try

ROOT = Path(__file__).parents[2]
_NEWS = (
    "the of and to in a for on that with by at from as said was were has had will would be is are its"
    " council harbour minister report budget police court school bridge river ferry union bank price"
    " company office region border railway power water health season team match music film market farm"
    " factory worker mayor party vote bill law judge fire storm flood road car train ship airport"
    " student teacher hospital doctor drug food oil gas coal steel tax trade deal talks visit summit"
    " week month year day Monday Tuesday Wednesday Thursday Friday Saturday Sunday January March June"
    " first second third last next new old large small higher lower early late public private local"
)
_COMMON = _NEWS.split()
_MOST_MEMORY = 1_000
"""Megabytes that adding may hold, however much is added; the libraries alone take 120."""
_MOST_FOLDING = 2_000
"""Megabytes where a million vectors are put into lists besides."""
_UNREAD = 18_000
"""Characters of a page's source that a line of the large JSONL carries beside its text, as crawlers write."""
_SPARE = (0, 64_000, 1_000_000, 16_000_000, 64_000_000)


@dataclass(frozen=True, slots=True)
class Ended:
    """How adding ended, as its own process told it; ``raw`` is what it died of, or ""."""

    added: int = 0
    skipped: tuple[str, ...] = ()
    refused: str = ""
    megabytes: float = 0.0
    held: int = 0
    """Articles in the index afterwards."""
    raw: str = ""


def large_jsonl(setting: Setting) -> Iterator[Try]:
    """Add a JSONL of 2 GB, twice; a tenth of it is text."""
    folder = setting.folder("jsonl")
    file, index = folder / "archive.jsonl", folder / "index"
    count = _written(file, size=setting.pick(400_000, 2_000_000_000), sentences=24, unread=_UNREAD)
    name = "JSONL of 2 GB"
    yield _try(name, "added", _add(index, file), added=count, held=count, most=_MOST_FOLDING)
    yield _try(name, "added again", _add(index, file), held=count)
    yield _sought(name, index, count)


def many_files(setting: Setting) -> Iterator[Try]:
    """Add a folder of 200,000 tiny files."""
    folder = setting.folder("files")
    count = setting.pick(200, 200_000)
    for n in range(count):
        file = folder / "news" / f"{n // 1000}" / f"{n}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Note {n}\n{_sentence(n, 0)}\n", encoding="utf-8")
    index = folder / "index"
    done = _add(index, folder / "news")
    yield _try("200,000 files", "added", done, added=count, held=count, most=_MOST_FOLDING)
    yield _sought("200,000 files", index, count)


def large_article(setting: Setting) -> Iterator[Try]:
    """Add an article nearly as long as is allowed (cleaning lengthens paragraphs), and one too long."""
    folder = setting.folder("article")
    index = folder / "index"
    allowed = setting.pick(20_000, MAX_CHARACTERS * 95 // 100)
    text = "\n".join(_sentence(n, 0) for n in range(allowed // 60)).ljust(allowed, "z")
    for name, size in (("allowed", allowed), ("one more", MAX_CHARACTERS + 1)):
        (folder / f"{name}.txt").write_text(text[:size].ljust(size, "z"), encoding="utf-8")
    done = _add(index, folder / "allowed.txt")
    yield _try("article of 20 MB", "nearly as large as allowed", done, added=1, held=1)
    done = _add(index, folder / "one more.txt")
    yield _try("article of 20 MB", "a byte larger", done, held=1, skipped="too large")


def large_index(setting: Setting) -> Iterator[Try]:
    """Add to an index of a million chunks on a disk without room, with some, and with enough."""
    folder = setting.folder("large")
    place = folder / "mounted"
    file, more = folder / "archive.jsonl", folder / "more.jsonl"
    # A chunk an article: it is their number that counts here.
    count = _written(file, count=setting.pick(1_000, 1_000_000), sentences=3)
    fresh = _written(more, count=20, first=count, sentences=3)
    room = setting.pick(100, 8_000) * 1_000_000
    name = "a million chunks on a full disk"
    with mounted(place, room):
        index = place / "index"
        done = _add(index, file)
        yield _try(name, "made", done, added=count, held=count, most=_MOST_FOLDING)
        asked = _some(count)
        before = _named(found(index, asked))
        for spare in _SPARE:
            resized(place, taken(place) + spare)
            done = _add(index, more)
            seen = _named(found(index, asked))
            resized(place, room)
            what = f"{spare:,} bytes free"
            lost = None if seen == before else "answers differ"
            # They are one batch: all of them or none.
            whole = done.held if done.held in (count, count + fresh) else count
            yield _try(name, what, done, held=whole, may_refuse=True, wrong=lost)
        yield _try(name, "with room again", _add(index, more), held=count + fresh, added=None)
        yield _sought(name, index, count)


def _add(index: Path, source: Path) -> Ended:
    command = [sys.executable, "-m", "tests.faults.bulk", str(index), str(source)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return Ended(raw=(done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1])
    told = json.loads(done.stdout)
    return Ended(**told | {"skipped": tuple(told["skipped"])})


def _try(
    row: str,
    what: str,
    done: Ended,
    *,
    held: int,
    added: int | None = 0,
    skipped: str = "",
    most: float = _MOST_MEMORY,
    may_refuse: bool = False,
    wrong: str | None = None,
) -> Try:
    """Judge one; ``added`` None: any number."""
    if done.raw:
        wrong = f"died: {done.raw}"
    elif done.refused and (not may_refuse or len(done.refused.splitlines()) > 1):
        wrong = f"refused: {done.refused!r}"
    elif done.megabytes > most:
        wrong = f"held {done.megabytes} MB of memory, {most} are allowed"
    elif not may_refuse and added is not None and done.added != added:
        wrong = f"{done.added} added, not {added}"
    elif done.held != held:
        wrong = f"{done.held} articles in the index, not {held}"
    elif bool(done.skipped) != bool(skipped) or any(skipped not in s for s in done.skipped):
        wrong = f"skipped: {done.skipped[:3]}"
    note = f"{done.added} added, {done.held} held, {done.megabytes:.0f} MB of memory"
    told = done.refused or "".join(done.skipped[:1])
    refused = bool(told)
    return Try(row, what, refused=refused, wrong=wrong, note=f"{note}; {told}" if told else note)


def _sought(row: str, index: Path, count: int) -> Try:
    """Look for the first, a middle and the last article by a word that only it has."""
    missing = []
    for text, hits in zip(_some(count), found(index, _some(count))[1::2], strict=True):
        if not hits:
            missing.append(text)
    return Try(row, "sought", wrong=f"not found: {missing}" if missing else None)


def _named(hits: Sequence[Sequence[tuple[int, float]]]) -> list[int]:
    """Return the chunk that each word was found in first; what is beside it may change with what is added."""
    return [found[0][0] if found else -1 for found in hits[1::2]]


def _some(count: int) -> list[str]:
    return [_own_word(n) for n in (0, count // 2, count - 1)]


def _own_word(number: int) -> str:
    return f"ref{number}x"


def _written(
    file: Path,
    *,
    sentences: int,
    size: int | None = None,
    count: int | None = None,
    first: int = 0,
    unread: int = 0,
) -> int:
    """Write articles of so many sentences until they are enough; returns how many."""
    number = taken_bytes = 0
    with file.open("w", encoding="utf-8") as out:
        while (count is None or number < count) and (size is None or taken_bytes < size):
            n = first + number
            text = " ".join(_sentence(n, m) for m in range(sentences))
            line = {"text": text, "title": f"Note {n}", "source_html": "<p>" * (unread // 3)}
            taken_bytes += out.write(json.dumps(line) + "\n")
            number += 1
    return number


def _sentence(number: int, place: int) -> str:
    """Return a sentence of an article; the first names it."""
    stock = _stock()
    sentence = stock[hash((number, place)) % len(stock)]
    return f"{_own_word(number).capitalize()} {sentence.lower()}" if not place else sentence


@cache
def _stock() -> list[str]:
    """Return sentences of a vocabulary as large as a newspaper's, to be put together."""
    chance = random.Random(1)
    stock = []
    for _ in range(50_000):
        ranks = [int(20 * chance.paretovariate(1)) - 20 for _ in range(14)]
        words = [_COMMON[n] if n < len(_COMMON) else f"name{n % 100_000}" for n in ranks]
        stock.append(f"{' '.join(words).capitalize()}.")
    return stock
