"""``python -m tests.faults``: run the campaign, print what was tried and what happened."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.faults.concurrency import readers, writers
from tests.faults.corruption import harmed_catalog, harmed_files
from tests.faults.failing import failing_calls, killed_at_calls, killed_at_random
from tests.faults.filesystem import file_limit, full_disk, read_only
from tests.faults.flips import catalog_flips, derived_flips
from tests.faults.fuzz import fuzzed
from tests.faults.fuzz_index import index_targets
from tests.faults.fuzz_texts import text_targets
from tests.faults.identity import mismatches
from tests.faults.limits import large_article, large_index, large_jsonl, many_files
from tests.faults.model import Row, Setting, Try, rows_of
from tests.faults.sequences import sequences

Point = Callable[[Setting], Iterator[Try]]
POINTS: dict[str, Point] = {
    "1-fail": failing_calls,
    "2-kill": killed_at_calls,
    "2-random": killed_at_random,
    "3-derived": derived_flips,
    "3-catalog": catalog_flips,
    "4-files": harmed_files,
    "4-catalog": harmed_catalog,
    "5-readers": readers,
    "6-writers": writers,
    "7-identity": mismatches,
    "8-sequences": sequences,
    "9-read-only": read_only,
    "9-full-disk": full_disk,
    "9-file-limit": file_limit,
    "10-jsonl": large_jsonl,
    "10-files": many_files,
    "10-article": large_article,
    "10-index": large_index,
}
_HEAD = ("point", "name", "tries", "old", "new", "healed", "refused", "WRONG")


def run_fuzz(*, seed: int, seconds: float, only: str = "") -> list[Row]:
    """Fuzz every reader of untrusted bytes for some seconds each."""
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="presscite-fuzz-", dir=_memory()) as root,
        _one_thread(),
    ):
        setting = Setting(Path(root), seed)
        for target in (
            *text_targets(setting.folder("texts")),
            *index_targets(setting.folder("index")),
        ):
            if only in target.name:
                rows += rows_of("fuzz", fuzzed(target, setting, seconds), _tell)
    return rows


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let FAISS search alone: on a busy machine its threads wait for each other, 20 ms a search."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _memory() -> Path | None:
    """Return a folder in memory where that is offered: what is tried is order, not the disk."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


def _room(point: str) -> Path | None:
    """Return where a point has its folders: what is large, on the disk."""
    return None if point.startswith("10-") else _memory()


def run(names: list[str], *, seed: int, long: bool) -> list[Row]:
    """Run points, each in a folder of its own that is gone afterwards."""
    rows = []
    for name in names:
        started = time.monotonic()
        with (
            tempfile.TemporaryDirectory(prefix="presscite-faults-", dir=_room(name)) as root,
            _one_thread(),
        ):
            rows += rows_of(
                name, POINTS[name](Setting(Path(root), seed, long)), _tell if long else None
            )
        _tell(f"{name}: {time.monotonic() - started:.1f} s")
    return rows


def table(rows: list[Row]) -> str:
    """Return rows as text, with every wrong try below."""
    lines = [_HEAD] + [
        (r.point, r.name, *map(str, (r.tries, r.old, r.new, r.healed, r.refused, len(r.wrong))))
        if r.skipped is None
        else (r.point, f"not run: {r.skipped}", *[""] * 6)
        for r in rows
    ]
    widths = [max(len(line[n]) for line in lines) for n in range(len(_HEAD))]
    text = [
        "  ".join(
            c.ljust(w) if n < 2 else c.rjust(w)
            for n, (c, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join([*text, *(f"WRONG  {r.point}  {w}" for r in rows for w in r.wrong)])


def main() -> None:
    """Parse the command line; the exit status is 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--long", action="store_true", help="everything, not a sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="NAME", help=f"points that begin so: {', '.join(POINTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    parser.add_argument("--fuzz", action="store_true", help="fuzz the readers of untrusted bytes")
    parser.add_argument("--minutes", type=float, default=10, help="for each reader (default 10)")
    asked = parser.parse_args()
    names = [name for name in POINTS if name.startswith(asked.only or "")]
    if asked.fuzz:
        rows = run_fuzz(seed=asked.seed, seconds=asked.minutes * 60, only=asked.only or "")
    elif names:
        rows = run(names, seed=asked.seed, long=asked.long)
    else:
        parser.error(f"--only {asked.only}: none of {', '.join(POINTS)}")
    print(table(rows))
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    sys.exit(any(row.wrong for row in rows))


if __name__ == "__main__":
    main()
