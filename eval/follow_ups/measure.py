"""Whether follow-ups are answered as well as the same questions in full, and others left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from eval.follow_ups.dialogues import AskedTurn, Dialogue
from eval.metrics import holds_answer
from rag.types import Turn


@dataclass(frozen=True, slots=True)
class Said:
    """The best answer found to a question, None where nothing was found, and whether it was shown."""

    text: str | None
    quote: str | None
    shown: bool
    """False where presscite abstained."""


Ask = Callable[[str], Said]
"""Answers a question that stands alone."""
System = Callable[[str, Sequence[Turn]], tuple[str | None, Said]]
"""Answers a question after others; also returns the question asked instead, None for itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One later question of a dialogue, under one rewriter."""

    dialogue: str
    turn: AskedTurn
    rewritten: str | None
    in_full: bool
    """Whether the best quote is right where the question is asked in full."""
    found: bool
    """Whether it is right for the rewritten question."""
    as_well: bool
    """Whether it is right, and shown if the full question's was."""
    same: bool
    """Whether both have the same words or the same quote, shown or not."""

    @property
    def wrong(self) -> bool:
        """Whether a follow-up is answered worse than in full, or another question was rewritten."""
        if self.turn.alone:
            return self.rewritten is not None
        return self.in_full and not self.as_well


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of the later questions of dialogues, 0 to 1, higher is better."""

    follow_ups: int
    in_full: float
    """Follow-ups that are answered rightly when asked in full."""
    found: float
    """Of these, how many have a right quote as they are typed, shown or not."""
    as_well: float
    """Of these, how many are answered as well: with a right quote, shown where the full question's was."""
    same: float
    """Follow-ups whose best answer is the one in full, right or wrong."""
    rewritten: float
    """Follow-ups that are seen to be one."""
    alone: int
    """Later questions that stand alone."""
    left_alone: float
    """How many of these are left as they are."""


def outcomes(dialogues: Sequence[Dialogue], system: System, ask: Ask) -> Iterator[Outcome]:
    """Go through dialogues, one outcome a later question.

    A history holds the questions as typed, with what was answered to each in full where that is
    right, else with an accepted answer: no rewriter is helped or harmed by its earlier turns, and
    nobody asks on about an answer that was not given.
    """
    for dialogue in dialogues:
        history: list[Turn] = []
        for turn in dialogue.turns:
            full = ask(turn.full)
            if history:
                rewritten, said = system(turn.question, history)
                found = holds_answer(said.quote, turn.answers)
                yield Outcome(
                    dialogue.id,
                    turn,
                    rewritten,
                    holds_answer(full.quote, turn.answers),
                    found,
                    found and (said.shown or not full.shown),
                    full.quote == said.quote or full.text == said.text,
                )
            right = full.shown and holds_answer(full.quote, turn.answers)
            history.append(Turn(turn.question, full.text if right else turn.answers[0]))


def figures(found: Sequence[Outcome]) -> Figures:
    """Return the shares over outcomes."""
    follow_ups = [one for one in found if not one.turn.alone]
    alone = [one for one in found if one.turn.alone]
    in_full = [one for one in follow_ups if one.in_full]
    return Figures(
        len(follow_ups),
        _share([one.in_full for one in follow_ups]),
        _share([one.found for one in in_full]),
        _share([one.as_well for one in in_full]),
        _share([one.same for one in follow_ups]),
        _share([one.rewritten is not None for one in follow_ups]),
        len(alone),
        _share([one.rewritten is None for one in alone]),
    )


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0
