"""What a disturbed write left behind: the old state or the new one, mended by the next write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag.errors import NoIndexError, PressciteError
from rag.index.verify import verify_index
from tests.faults.answer_snapshots import State, UnknownChunkError, fresh, heal, observe
from tests.faults.disk import Outcome
from tests.faults.model import Setting, Try
from tests.faults.operations import Operation, copy_of, prepare


@dataclass(frozen=True, slots=True)
class Expected:
    """An operation with the folder it starts from and the two states it may leave."""

    operation: Operation
    pristine: Path
    folder: Path
    """Where every try happens; replaced by a copy of the pristine one each time."""
    old: State | None
    new: State

    @classmethod
    def of(cls, setting: Setting, operation: Operation, point: str) -> Expected:
        """Build the states an operation lies between, each fresh."""
        root = setting.folder(f"{point}-{operation.name}")
        pristine = root / "pristine"
        prepare(operation, pristine)
        old = None if operation.before is None else fresh(root / "old", operation.before)
        return cls(operation, pristine, root / "index", old, fresh(root / "new", operation.after))

    def again(self) -> Path:
        """Return the folder as it is before the operation."""
        return copy_of(self.pristine, self.folder)


def judge(expected: Expected, row: str, what: str, outcome: Outcome) -> Try:
    """Look at what an operation left, mend it, and do it again undisturbed."""
    state, healed = "", False
    wrong = _said_wrongly(outcome)
    try:
        state, problem = _read(expected)
        wrong = wrong or problem or _contradicted(expected, state, outcome)
        healed, problem = _mended(expected, state)
        wrong = wrong or problem
    except Exception as error:  # the campaign is to find what nobody thought of
        wrong = wrong or f"{type(error).__name__}: {error}"
    return Try(row, what, state, healed, outcome.outcome == "refused", wrong)


def _said_wrongly(outcome: Outcome) -> str | None:
    if outcome.hung:
        return "it hung"
    if outcome.outcome == "raw":
        return f"ended with a raw {outcome.error}"
    if outcome.outcome == "refused" and len(outcome.error.splitlines()) != 1:
        return f"its message is not one line: {outcome.error!r}"
    return None


def _read(expected: Expected) -> tuple[str, str | None]:
    """Return which state a reader finds, and why that is wrong."""
    try:
        seen = observe(expected.folder)
    except NoIndexError as error:
        return ("old", None) if expected.old is None else ("", f"a reader is told: {error}")
    except (PressciteError, UnknownChunkError) as error:
        return "", f"a reader is told: {error}"
    not_new = seen.difference(expected.new)
    if not_new is None:
        return "new", None
    if expected.old is None:
        return ("old", None) if not seen.articles else ("", f"neither none nor new ({not_new})")
    not_old = seen.difference(expected.old)
    if not_old is None:
        return "old", None
    return "", f"neither old ({not_old}) nor new ({not_new})"


def _contradicted(expected: Expected, state: str, outcome: Outcome) -> str | None:
    """Return where what the operation said is not what is there."""
    if expected.old == expected.new:
        return None
    if outcome.outcome == "done" and state != "new":
        return f"it said it was done, and the state is {state or 'neither'}"
    if (
        outcome.outcome == "refused"
        and "nothing of this batch was changed" in outcome.error
        and state == "new"
    ):
        return f"it said that nothing was changed, and all was: {outcome.error}"
    if outcome.outcome == "refused" and "are saved" in outcome.error and state == "old":
        return f"it said that the articles are saved, and they are not: {outcome.error}"
    return None


def _mended(expected: Expected, state: str) -> tuple[bool, str | None]:
    """Write nothing, then do the operation undisturbed; return whether anything was mended."""
    folder = expected.folder
    damaged = False
    whole = True
    try:
        damaged = bool(verify_index(folder, quick=False))
    except NoIndexError:
        whole = False
        if expected.old is not None:
            return False, "verify finds no index"
    if whole:
        problem = heal(folder)
        if problem:
            return False, problem
        again, problem = _read(expected)
        if problem or again != state:
            return False, f"after healing: {problem or f'{state} became {again}'}"
    expected.operation.act(folder)
    if difference := observe(folder).difference(expected.new):
        return False, f"done again undisturbed, it differs from a fresh build ({difference})"
    problems = verify_index(folder, quick=False)
    return damaged, f"done again undisturbed: {problems[0]}" if problems else None
