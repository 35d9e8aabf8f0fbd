"""The dialogues with follow-ups, their measuring and the baselines."""

import pytest

from eval.follow_ups.baselines import last_question, weighted_words
from eval.follow_ups.dialogues import HALVES, read_dialogues
from eval.follow_ups.measure import Said, figures, outcomes
from rag.errors import DatasetError
from rag.types import Turn

ASKED = """{"id": "a", "split": "dev", "turns": [
 {"question": "Who led the drill?", "answers": ["Holm"]},
 {"question": "When?", "full": "When was the drill?", "answers": ["May"]},
 {"question": "Who is Bo?", "answers": ["a baker"]}]}""".replace("\n", "")


def test_there_are_enough_dialogues_and_half_of_them_are_held_out():
    halves = {half: read_dialogues(half) for half in HALVES}
    assert len(halves["dev"]) == len(halves["test"]) >= 75
    for dialogues in halves.values():
        later = [turn for dialogue in dialogues for turn in dialogue.turns[1:]]
        assert sum(turn.alone for turn in later) >= 45
        assert sum(not turn.alone for turn in later) >= 150
        assert all(
            dialogue.turns[0].alone and turn.answers for dialogue in dialogues for turn in later
        )
    asked = [{turn.full for d in halves[half] for turn in d.turns} for half in HALVES]
    assert len(asked[0] & asked[1]) <= 5


def test_a_follow_up_is_held_against_the_same_question_in_full(tmp_path):
    file = tmp_path / "d.jsonl"
    file.write_text(ASKED)
    known = {
        "Who led the drill?": Said("Holm", "Holm led the drill.", True),
        "When was the drill?": Said("May", "The drill was in May.", True),
        "When (drill)?": Said("May", "The drill was in May.", False),
        "Who is Bo?": Said(None, None, False),
    }
    seen = []

    def system(question, history):
        seen.append(history[-1])
        rewritten = "When (drill)?" if question == "When?" else None
        return rewritten, known[rewritten or question]

    found = list(outcomes(read_dialogues(path=file), system, known.__getitem__))
    assert seen == [Turn("Who led the drill?", "Holm"), Turn("When?", "May")]
    row = figures(found)
    assert (row.follow_ups, row.alone) == (1, 1)
    assert (row.in_full, row.found, row.same, row.rewritten, row.left_alone) == (1, 1, 1, 1, 1)
    # It is found, but not shown as the full question's answer is.
    assert row.as_well == 0
    assert [one.wrong for one in found] == [True, False]


def test_what_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "d.jsonl"
    file.write_text('{"id": "a", "split": "dev", "turns": 3}')
    with pytest.raises(DatasetError, match=r"d\.jsonl:1: turns is no list"):
        read_dialogues(path=file)
    file.write_text('{"id": "a", "split": "train", "turns": []}')
    with pytest.raises(DatasetError, match="write dev or test"):
        read_dialogues(path=file)


def test_the_baselines_add_earlier_words():
    history = [Turn("Who led the drill in Lindau?", "Greta Holm")]
    assert last_question("When?", history) == "When? Who led the drill in Lindau?"
    assert weighted_words("When?", history) == "When (drill Lindau Greta Holm)?"
    assert last_question("When?", ()) is None
    assert weighted_words("When?", ()) is None
