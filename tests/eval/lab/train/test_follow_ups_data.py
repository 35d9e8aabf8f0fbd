"""Examples of follow-ups for training."""

import json

import pytest

from eval.lab.train.follow_ups_data import DOMAINS, development, mtrag, synthetic
from rag.errors import DatasetError


def test_made_follow_ups_are_of_all_kinds_and_the_same_every_time():
    made = synthetic(150, 3)
    assert made == synthetic(150, 3)
    assert 30 < sum(bool(one.alone) for one in made) < 110
    assert all((one.question == one.full) == one.alone for one in made)
    assert any(one.question.startswith("And ") and not one.alone for one in made)


def test_only_development_dialogues_are_trained_on():
    assert len(development()) > 150
    assert {one.source for one in development()} == {"dev"}


def test_mtrag_is_read_and_its_absence_named(tmp_path):
    with pytest.raises(DatasetError, match="not the follow-ups of MTRAG"):
        mtrag(tmp_path)
    for domain in DOMAINS:
        rows = {
            "questions": "|user|: Who led the drill?\n|user|: When?",
            "rewrite": "|user|: When was the drill?",
        }
        for kind, text in rows.items():
            line = json.dumps({"_id": "a", "text": text})
            (tmp_path / f"mtrag-{domain}-{kind}.jsonl").write_text(line)
    found = mtrag(tmp_path)
    assert len(found) == len(DOMAINS)
    assert (found[0].question, found[0].full) == ("When?", "When was the drill?")
