"""Point 8: random sequences of writes, restarts, damage and deaths end as a fresh build would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rag.index import Index
from rag.index.verify import verify_index
from rag.types import Article
from tests.faults.answer_snapshots import fresh, observe, opened
from tests.faults.disk import KILL, KILL_TORN, Disk, Fault
from tests.faults.flips import flip
from tests.faults.model import MissingToolError, Setting, Try
from tests.faults.operations import derived_files, written

# Weights: most of what happens to an index is that it grows.
_STEPS = {"add": 5, "update": 3, "remove": 3, "copy": 1, "restart": 2, "damage": 1, "kill": 3}


@dataclass(frozen=True, slots=True)
class Model:
    """What should be there: number and edition of the article that each source holds."""

    held: dict[str, tuple[int, int]] = field(default_factory=dict)

    def after(self, change: dict[str, list]) -> Model:
        """Return the model after a change as `tests.faults.operations.change` takes it."""
        held = self.held | {source: (n, edition) for n, edition, source in change.get("add", [])}
        gone = set(change.get("remove", []))
        ids = Model(held).ids()
        return Model({source: pair for source, pair in held.items() if ids[source] not in gone})

    def ids(self) -> dict[str, str]:
        """Return the id of the article that each source should hold."""
        return {source: one.id for source, one in self.articles().items()}

    def articles(self) -> dict[str, Article]:
        """Return the article that each source should hold."""
        return {source: written(*pair, source) for source, pair in self.held.items()}


def sequences(setting: Setting) -> Iterator[Try]:
    """Run sequences, each from its own seed."""
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(Disk(setting.root))
        except MissingToolError:
            disk = None
        for number in range(setting.pick(5, 200)):
            chance = setting.chance(f"sequence {number}")
            folder = setting.folder(f"sequence-{number}")
            done: list[str] = []
            wrong = None
            try:
                wrong = _sequence(folder, chance, disk, done)
            except Exception as error:
                wrong = f"{type(error).__name__}: {error}"
            row = f"sequences{' with deaths' if disk else ' (no compiler: no deaths)'}"
            what = f"seed {setting.seed}, sequence {number} ({'; '.join(done)})"
            yield Try(row, what, "new", wrong=wrong)


def _sequence(
    folder: Path, chance: random.Random, disk: Disk | None, done: list[str]
) -> str | None:
    model = Model()
    place = folder / "index"
    index = opened(place, create=True)
    try:
        for _ in range(chance.randint(6, 14)):
            (step,) = chance.choices(list(_STEPS), _STEPS.values())
            if step == "restart":
                index.close()
                index = opened(place)
            elif step == "damage":
                spoilt = [path for path in derived_files(place) if path.stat().st_size]
                if spoilt:
                    flip(chance.choice(spoilt), chance)
            elif step == "kill" and disk:
                change = _change(model, chance, chance.choice(("add", "update", "remove")))
                mode, nth = chance.choice((KILL, KILL_TORN)), chance.randint(1, 200)
                ended = disk.run(change, place, Fault(nth, mode)).outcome
                step = f"kill at call {nth} of {change} ({ended})"
                after = model.after(change)
                if ended == "done" or _there(index) == after.ids():
                    model = after
            elif step != "kill":
                change = _change(model, chance, step)
                if "remove" in change:
                    index.remove(change["remove"])
                else:
                    index.add([written(*one) for one in change["add"]])
                model = model.after(change)
                step = f"{step} {change}"
            done.append(step)
            if _there(index) != model.ids():
                return f"after {step}: {_there(index)} instead of {model.ids()}"
        index.add([])
    finally:
        index.close()
    wanted = fresh(folder / "fresh", list(model.articles().values()))
    difference = observe(place).difference(wanted)
    problems = verify_index(place, quick=False)
    return difference or (problems[0].text if problems else None)


def _there(index: Index) -> dict[str, str]:
    return {source: article.id for article in index.articles() for source in article.sources}


def _change(model: Model, chance: random.Random, step: str) -> dict[str, list]:
    """Return a change of a kind that the model allows; an addition where it allows none."""
    sources = list(model.held)
    if step == "remove" and sources:
        ids = sorted(set(model.ids().values()))
        return {"remove": chance.sample(ids, min(len(ids), chance.randint(1, 2)))}
    if step == "update" and sources:
        chosen = chance.sample(sources, min(len(sources), chance.randint(1, 2)))
        return {"add": [(chance.randrange(40), chance.randint(1, 99), one) for one in chosen]}
    if step == "copy" and sources:
        pair = model.held[chance.choice(sources)]
        return {"add": [(*pair, f"/copy/{chance.randint(0, 5)}.txt")]}
    numbers = chance.sample(range(40), chance.choice((1, 1, 2, 6)))
    return {"add": [(n, 0, f"/news/{n}.txt") for n in numbers]}
