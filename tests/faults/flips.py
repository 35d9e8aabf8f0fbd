"""Point 3: single bits turned in derived files and in the catalog."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from rag.errors import PressciteError
from rag.index.verify import verify_index
from tests.faults.answer_snapshots import UnknownChunkError, heal, observe
from tests.faults.history import Kept, history, untouched
from tests.faults.model import Setting, Try
from tests.faults.operations import CATALOG, copy_of, derived_files


def derived_flips(setting: Setting) -> Iterator[Try]:
    """Turn a bit of a derived file: verify names the file, no answer changes, a write mends it."""
    # One index without deletions, whose scores by words must not change either; one with. Harmed
    # where they were built and healed, since a copy is a new file to whoever remembers files.
    plain = untouched(setting.root, range(8), "plain")
    grown = history(setting.folder("history"))[-1]
    live = ((plain, plain.folder), (grown, setting.root / "history" / "growing"))
    spare = copy_of(plain.folder, setting.root / "spare")
    for number in range(setting.pick(40, 1000)):
        # Each from a seed of its own: names and sizes of the library's files differ between runs.
        chance = setting.chance(f"derived flip {number}")
        kept, folder = live[number % 2]
        by_kind: dict[str, list[Path]] = {}
        for path in derived_files(folder):
            if path.stat().st_size:
                by_kind.setdefault(kind(path.name), []).append(path)
        # Every kind in turn, or the many small files of the words would leave none for the vectors.
        path = chance.choice(by_kind[sorted(by_kind)[number // 2 % len(by_kind)]])
        at = flip(path, chance)
        name = str(path.relative_to(folder))
        one = harmed(kept, folder, f"bits of {kind(name)}", f"{name}, {at}", exact=kept is plain)
        yield one
        if one.wrong:
            copy_of(spare if kept is plain else grown.folder, folder)


def catalog_flips(setting: Setting) -> Iterator[Try]:
    """Turn a bit of the catalog: verify notices, or no value that SQLite reads from it changed."""
    kept = history(setting.folder("history"))[-1]
    rows = _rows(kept.folder)
    folder = setting.root / "index"
    for number in range(setting.pick(40, 1000)):
        chance = setting.chance(f"catalog flip {number}")
        copy_of(kept.folder, folder)
        at = flip(folder / CATALOG, chance)
        yield _catalog_try(kept, folder, at, rows)


def flip(path: Path, chance: random.Random) -> str:
    """Turn one bit of a file as a bad disk does, which leaves its times alone; returns where."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    place, bit = chance.randrange(len(data)), chance.randrange(8)
    data[place] ^= 1 << bit
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return f"byte {place} of {len(data)}, bit {bit}"


def kind(name: str) -> str:
    """Return what kind of file it is: its ending, or the name of one that has none of its own."""
    path = Path(name)
    return path.name if path.name.startswith(".") or path.stem == "meta" else f"*{path.suffix}"


def harmed(kept: Kept, folder: Path, row: str, what: str, *, exact: bool) -> Try:
    """Judge a folder one of whose derived files was harmed; ``what`` begins with its name."""
    name = what.split(", ", maxsplit=1)[0]
    wrong, healed = None, False
    try:
        problems = verify_index(folder, quick=False)
        # ".all" stands for every file: any of them may be the one that is named.
        named = name == ".all" or any(Path(name).name in one.text for one in problems)
        if not named:
            wrong = f"verify does not name it, it says {[*map(str, problems)] or 'sound'}"
        difference = observe(folder).difference(kept.state, exact=exact)
        wrong = wrong or (f"a reader's answers changed: {difference}" if difference else None)
        problem = heal(folder)
        wrong = wrong or problem
        difference = observe(folder).difference(kept.state, exact=exact)
        wrong = wrong or (f"answers changed by healing: {difference}" if difference else None)
        healed = bool(problems) and not problem
    except Exception as error:
        wrong = wrong or f"{type(error).__name__}: {error}"
    return Try(row, what, "", healed, wrong=wrong)


def _catalog_try(kept: Kept, folder: Path, what: str, rows: dict[str, list[tuple]]) -> Try:
    noticed, refused, wrong = False, False, None
    try:
        noticed = bool(verify_index(folder, quick=False))
    except PressciteError as error:
        noticed = True
        if len(str(error).splitlines()) != 1:
            wrong = f"verify's message is not one line: {error!r}"
    except Exception as error:
        wrong = f"verify ended with a raw {type(error).__name__}: {error}"
    changed = _changed(rows, folder)
    if changed and not noticed:
        wrong = wrong or f"verify finds it sound, yet {changed}"
    row = "catalog: noticed" if noticed else "catalog: unused bytes"
    if changed and not noticed:
        row = "catalog: unnoticed"
    try:
        difference = observe(folder).difference(kept.state)
        if difference and not noticed:
            wrong = wrong or f"verify finds it sound, and a reader's answers changed: {difference}"
    except PressciteError:
        refused = True
    except UnknownChunkError:
        pass  # a chunk of no article: of a catalog that verify has complained about
    except Exception as error:
        wrong = wrong or f"a reader got a raw {type(error).__name__}: {error}"
    return Try(row, what, refused=refused, wrong=wrong)


def _rows(folder: Path) -> dict[str, list[tuple]]:
    """Return all that a catalog says: every table's rows, and the schema."""
    connection = sqlite3.connect(f"{(folder / CATALOG).as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        names = [
            r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        found = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}
        found["sqlite_master"] = connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master"
        ).fetchall()
        return found
    finally:
        connection.close()


def _changed(rows: dict[str, list[tuple]], folder: Path) -> str | None:
    """Return where a catalog says something else than before, or None."""
    try:
        now = _rows(folder)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return f"it does not read ({error})"
    for table in sorted(rows.keys() | now.keys()):
        then, here = rows.get(table, []), now.get(table, [])
        if then != here:
            pairs = [(a, b) for a, b in zip(then, here, strict=False) if a != b]
            columns = {
                n for a, b in pairs for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y
            }
            return f"table {table} changed (columns {sorted(columns)}, {len(then)} rows, now {len(here)})"
    return None
