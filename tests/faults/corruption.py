"""Point 4: files truncated, emptied, missing, or swapped with those of another revision."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import PressciteError
from rag.index.verify import verify_index
from tests.faults.answer_snapshots import heal, made, observe, opened
from tests.faults.flips import flip, harmed, kind
from tests.faults.history import Kept, history, in_use, untouched
from tests.faults.model import Setting, Try
from tests.faults.operations import CATALOG, copy_of, derived_files


@dataclass(frozen=True, slots=True)
class Harm:
    """A way to spoil one file."""

    name: str
    do: Callable[[Path], None]


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _shorter(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


HARMS = (
    Harm("cut in half", _half),
    Harm("a byte short", _shorter),
    Harm("a byte long", _longer),
    Harm("emptied", _empty),
    Harm("missing", Path.unlink),
)


def harmed_files(setting: Setting) -> Iterator[Try]:
    """Spoil each derived file in each way, and swap it with another revision's or index's."""
    chance = setting.chance("harmed files")
    revisions = history(setting.folder("history"))
    plain = untouched(setting.root, range(8), "plain")
    other = untouched(setting.root, range(20, 28), "other")
    folder = setting.root / "index"
    cases = [
        (kept, path.relative_to(kept.folder), harm)
        for kept in (plain, revisions[-1])
        for path in derived_files(kept.folder)
        if path.stat().st_size
        for harm in (*HARMS, *_swaps(kept, path, [*revisions[:-1], plain, other]))
    ]
    for kept, name, harm in cases if setting.long else chance.sample(cases, min(30, len(cases))):
        copy_of(kept.folder, folder)
        harm.do(folder / name)
        what = f"{name}, {harm.name}"
        yield harmed(kept, folder, f"{harm.name}: {kind(str(name))}", what, exact=kept is plain)
    for kept, older in (
        (revisions[-1], revisions[1]),
        (revisions[1], revisions[-1]),
        (plain, other),
    ):
        yield _all_swapped(kept, older, folder)


def _swaps(kept: Kept, path: Path, others: Sequence[Kept]) -> Iterator[Harm]:
    """Yield files of the same kind and other content, to be put in a file's place."""
    seen = {path.read_bytes()}
    for other in (*others, kept):
        for twin in derived_files(other.folder):
            if kind(twin.name) == kind(path.name) and twin.read_bytes() not in seen:
                seen.add(twin.read_bytes())
                yield Harm("swapped", lambda place, twin=twin: shutil.copyfile(twin, place))


def _all_swapped(kept: Kept, other: Kept, folder: Path) -> Try:
    """Keep one revision's catalog and put all of another's derived files beside it."""
    copy_of(other.folder, folder)
    for path in folder.glob(f"{CATALOG}*"):
        path.unlink()
    shutil.copyfile(kept.folder / CATALOG, folder / CATALOG)
    # Any file of the catalog's that is not there may be the one that verify names.
    return harmed(kept, folder, "all derived files swapped", ".all", exact=False)


def harmed_catalog(setting: Setting) -> Iterator[Try]:
    """Spoil the catalog, its journal and the locks: refused in one line, or an earlier revision."""
    revisions = history(setting.folder("history"))
    folder = setting.root / "index"
    last = revisions[-1]
    for harm in HARMS:
        copy_of(last.folder, folder)
        harm.do(folder / CATALOG)
        yield _catalog_try(folder, f"catalog {harm.name}", [last])
    for number, other in enumerate(revisions[:-1]):
        copy_of(last.folder, folder)
        shutil.copyfile(other.folder / CATALOG, folder / CATALOG)
        yield _catalog_try(folder, f"catalog swapped with revision {number}", [other])
    for path in last.folder.glob("*LOCK*"):
        for harm in (Harm("filled", lambda place: place.write_bytes(b"\xff" * 99)), *HARMS[3:]):
            copy_of(last.folder, folder)
            harm.do(folder / path.name)
            yield _catalog_try(folder, f"{path.name} {harm.name}", [last])
    yield from _harmed_journal(setting, folder)


def _harmed_journal(setting: Setting, folder: Path) -> Iterator[Try]:
    chance = setting.chance("journal")
    used = in_use(setting.folder("used"))
    flips = Harm("with a bit turned", lambda place: flip(place, chance))
    for harm in (*HARMS, *[flips] * setting.pick(5, 200)):
        copy_of(used[-1].folder, folder)
        harm.do(folder / f"{CATALOG}-wal")
        yield _catalog_try(folder, f"journal {harm.name}", used)
        copy_of(used[-1].folder, folder)
        harm.do(folder / f"{CATALOG}-shm")
        yield _catalog_try(folder, f"shared memory {harm.name}", used[-1:])
    for other in used[:-1]:
        copy_of(used[-1].folder, folder)
        shutil.copyfile(other.folder / f"{CATALOG}-wal", folder / f"{CATALOG}-wal")
        yield _catalog_try(folder, "journal swapped", used)


def _catalog_try(folder: Path, what: str, right: Sequence[Kept]) -> Try:
    """Judge a folder that must be refused in one line, or answer as one of these states."""
    row = what.removesuffix(what.rsplit(maxsplit=1)[-1]) + "N" if what[-1].isdigit() else what
    refused, healed, wrong, state = False, False, None, ""
    try:
        seen = observe(folder)
        found = [n for n, kept in enumerate(right) if seen.difference(kept.state) is None]
        if not found:
            wrong = f"a state that never was: {seen.difference(right[-1].state)}"
        else:
            state = "new" if len(right) - 1 in found else "old"
            wrong = _goes_on(folder)
            healed = wrong is None
    except PressciteError as error:
        refused = True
        wrong = f"not one line: {error!r}" if len(str(error).splitlines()) != 1 else None
        wrong = wrong or _refused_everywhere(folder)
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    return Try(row, what, state, healed, refused, wrong)


def _goes_on(folder: Path) -> str | None:
    """Return what is wrong after a clean write and another article."""
    if problem := heal(folder):
        return problem
    with opened(folder) as index:
        index.add(made([30]))
    problems = verify_index(folder, quick=False)
    return problems[0].text if problems else None


def _refused_everywhere(folder: Path) -> str | None:
    """Return where a folder that readers refuse is taken for sound, or written over."""
    before = sorted(path.name for path in folder.rglob("*") if "LOCK" not in path.name)
    try:
        if not verify_index(folder, quick=False):
            return "readers refuse it and verify finds it sound"
    except PressciteError:
        pass
    try:
        with opened(folder, create=True) as index:
            index.add(made([30]))
    except PressciteError:
        after = sorted(path.name for path in folder.rglob("*") if "LOCK" not in path.name)
        lost = {name for name in before if name not in after and not name.startswith(CATALOG)}
        return f"a refused add deleted {sorted(lost)}" if lost else None
    return "readers refuse it, and add made a new index of it"
