"""One index at several of its revisions, kept as folders: what another revision's files are."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.faults.answer_snapshots import State, fresh, made, observe, opened
from tests.faults.operations import CATALOG, copy_of


@dataclass(frozen=True, slots=True)
class Kept:
    """An index folder that nobody writes to, and what it answers."""

    folder: Path
    state: State


def history(root: Path) -> list[Kept]:
    """Return an index after each of five commits; each answers what a fresh build answers."""
    folder = root / "growing"
    base, added, changed = made(range(8)), made([8]), made([2], edition=1)
    steps = (base, added, changed, "remove", made([9, 10, 11]))
    there = {}
    kept = []
    for number, step in enumerate(steps):
        with opened(folder, create=True) as index:
            if step == "remove":
                index.remove([base[3].id])
                del there[base[3].sources]
            else:
                index.add(step)
                there |= {article.sources: article for article in step}
        copied = copy_of(folder, root / f"revision-{number}")
        wanted = fresh(root / f"fresh-{number}", list(there.values()))
        difference = observe(copied).difference(wanted)
        assert difference is None, f"revision {number} is no fresh build: {difference}"
        # What observing left beside the catalog is not part of what is kept.
        kept.append(Kept(copy_of(folder, copied), observe(copy_of(folder, root / "seen"))))
    return kept


def untouched(root: Path, numbers: range, name: str) -> Kept:
    """Return an index of one commit; another's files have the same names and sizes, nearly."""
    folder = root / name
    with opened(folder, create=True) as index:
        index.add(made(numbers))
    return Kept(folder, observe(copy_of(folder, root / f"{name}-seen")))


def in_use(root: Path) -> list[Kept]:
    """Return an index's revisions as they lie on disk while a reader keeps the journal from ending.

    The catalog file itself is behind; the newest commits stand in its write-ahead log alone.
    """
    folder = root / "used"
    kept = []
    with opened(folder, create=True) as first:
        first.add(made(range(4)))
    with opened(folder) as reader:
        list(reader.articles())
        for number, step in enumerate(([], made([4]), made([2], edition=1), made([5, 6]))):
            with opened(folder) as writer:
                writer.add(step)
            copied = root / f"used-{number}"
            shutil.copytree(folder, copied)
            seen = observe(copy_of(copied, root / "seen"))
            kept.append(Kept(copied, seen))
        assert list(kept[-1].folder.glob(f"{CATALOG}-wal")), "no journal was left to harm"
    return kept
