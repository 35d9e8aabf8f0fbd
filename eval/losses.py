"""Where a right answer was lost between the archive and the reader of it: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum


class Loss(Enum):
    """The first step at which a question's right answer was lost; the value is for people."""

    NOT_RETRIEVED = "not retrieved"
    NOT_READ = "retrieved but not read"
    OTHER_SENTENCE = "another sentence chosen"
    OTHER_WORDS = "other words"
    HELD_BACK = "held back"
    TOLD = "told"


MEANINGS: dict[Loss, str] = {
    Loss.NOT_RETRIEVED: "no passage retrieved holds an accepted answer",
    Loss.NOT_READ: "one does, but the reader took no sentence from it",
    Loss.OTHER_SENTENCE: "the reader read one, but its first quote lacks the answer",
    Loss.OTHER_WORDS: "the right quote, but the words marked in it lack the answer",
    Loss.HELD_BACK: "right, but held back as too unsure",
    Loss.TOLD: "right, and told",
}


def loss_of(*, retrieved: bool, read: bool, quoted: bool, worded: bool, abstained: bool) -> Loss:
    """Say where the right answer to an answerable question was lost, or that it was told.

    A right quote counts as found even where no passage that should hold it was: another article
    may say the same.

    Parameters
    ----------
    retrieved, read
        Whether a relevant passage is among those retrieved, and among those the reader took sentences from.
    quoted, worded
        Whether an accepted answer stands in the first quote, and in the words marked in it.
    abstained
        Whether it was held back.
    """
    if not quoted:
        if not retrieved:
            return Loss.NOT_RETRIEVED
        return Loss.OTHER_SENTENCE if read else Loss.NOT_READ
    if not worded:
        return Loss.OTHER_WORDS
    return Loss.HELD_BACK if abstained else Loss.TOLD


def count_losses(losses: Iterable[Loss | None]) -> dict[Loss, int]:
    """Count every step in order, those that lost nothing too; {} where no question has one."""
    seen = [loss for loss in losses if loss is not None]
    return {loss: seen.count(loss) for loss in Loss} if seen else {}


def remaining(counts: Mapping[Loss, int]) -> dict[Loss, int]:
    """Give how many answers are still there after each step; `Loss.TOLD` takes none away."""
    left = sum(counts.values())
    after = {}
    for loss, n in counts.items():
        left -= 0 if loss is Loss.TOLD else n
        after[loss] = left
    return after
