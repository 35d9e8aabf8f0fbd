"""Training data: nothing is lost on the way to tokens, and near misses really miss."""

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from eval.lab.train.examples import Example, load
from eval.lab.train.features import batches, collated, featured
from eval.lab.train.passages import Passages, without_answer
from eval.lab.train.treebank import detokenised
from rag.errors import ReaderDataError

pytestmark = pytest.mark.slow


def example(
    question: str, context: str, *answers: str, source: str = "squadshifts-new_wiki"
) -> Example:
    spans = tuple((context.index(a), context.index(a) + len(a), 1) for a in answers)
    return Example(source, "group", question, context, spans)


MILL = example(
    "When did the old mill at Sorrel burn down?",
    "The old mill at Sorrel burned down in 1911. Its owner built a bakery on the same ground. "
    "The bakery sold rye bread to the whole valley for forty years.",
    "1911",
)


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("He said `` no '' .", 'He said "no".'),
        ("the party -LRB- PP -RRB- 's vote", "the party (PP)'s vote"),
        ("It cost $ 5 , 20 % less", "It cost $5, 20% less"),
        ("they do n't know", "they don't know"),
        ("", ""),
    ],
)
def test_treebank_tokens_read_as_print(tokens: str, text: str) -> None:
    marks = tokens.split()
    made, places = detokenised(marks)
    assert made == text
    assert len(places) == len(marks)
    assert all(0 <= a < b <= len(made) for a, b in places)


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReaderDataError, match="gz: cannot read the reader data: No such file"):
        load(tmp_path)


def test_removing_the_answer_leaves_the_rest() -> None:
    (made,) = without_answer(MILL)
    assert "1911" not in made.context
    assert "bakery" in made.context
    assert not made.answerable


def test_nothing_is_made_where_the_answer_stands_twice() -> None:
    twice = example("When?", MILL.context + " In 1911 the valley had no other mill.", "1911")
    assert without_answer(twice) == []


def test_epochs_differ_and_repeat_by_seed() -> None:
    examples = [
        example(f"Who owned mill {n} at Sorrel?", f"Mill {n} at Sorrel was owned by Ada Brook {n}. "
                f"It ground oats and barley for farm {n} in those years.", f"Ada Brook {n}")
        for n in range(40)
    ]  # fmt: skip
    one, two = Passages(examples, 1), Passages(examples, 1)
    assert one.epoch(0) == two.epoch(0)
    assert one.epoch(0) != one.epoch(1)
    unanswerable = [e for e in one.epoch(0) if not e.answerable]
    assert unanswerable
    asked = {e.question: e.context[e.spans[0][0] : e.spans[0][1]] for e in examples}
    for made in unanswerable:
        # A swapped question is new; a question as it was must not find its answer.
        assert made.question not in asked or asked[made.question] not in made.context


def test_tokens_of_the_answer_spell_it(tokenizer: Tokenizer) -> None:
    (made,) = featured([MILL], tokenizer, random.Random(1))
    ((first, last, share),) = made.pairs
    assert tokenizer.decode(made.ids[first : last + 1]) == "1911"
    assert share == 1.0


def test_long_texts_are_cut_around_the_answer(tokenizer: Tokenizer) -> None:
    filler = "Rain fell on the quiet hills all through that week. " * 40
    long = example(
        "When did the mill burn down?", f"{filler}The mill burned down in 1911. {filler}", "1911"
    )
    for seed in range(20):
        (made,) = featured([long], tokenizer, random.Random(seed))
        assert len(made.ids) < 230
        first, last, _ = made.pairs[0]
        assert tokenizer.decode(made.ids[first : last + 1]) == "1911"


def test_the_passages_of_a_question_stay_together_where_they_must(tokenizer: Tokenizer) -> None:
    texts = ["In 1911. " + "Rain fell. " * n for n in range(12)]
    examples = [example(f"When {n % 4}?", texts[n], "1911") for n in range(12)]
    features = featured(examples, tokenizer, random.Random(0))
    assert [f.asked for f in features] == [0, 1, 2, 3] * 3
    groups = list(batches(features, 200, random.Random(0), together=True))
    assert sorted(id(f) for g in groups for f in g) == sorted(id(f) for f in features)
    assert len(groups) > 1
    met = [set(collated(group).asked.tolist()) for group in groups]
    assert sum(len(questions) for questions in met) == 4


DATED = replace(MILL, title="Fire at Sorrel", published=date(1911, 5, 2), as_of=date(1911, 5, 4))


def test_title_and_date_stand_in_front_as_in_the_product(tokenizer: Tokenizer) -> None:
    (made,) = featured([DATED], tokenizer, random.Random(1), shown=True)
    lead = tokenizer.encode("2 May 1911, 2 days ago | Fire at Sorrel.", add_special_tokens=False)
    assert made.ids[made.passage_start - len(lead.ids) : made.passage_start] == lead.ids
    assert tokenizer.decode(made.ids[made.passage_start :]).startswith("the old mill at sorrel")


def test_title_and_date_are_missing_now_and_then_in_training(tokenizer: Tokenizer) -> None:
    leads = set()
    for seed in range(60):
        (made,) = featured([DATED], tokenizer, random.Random(seed))
        text = tokenizer.decode(made.ids[: made.passage_start], skip_special_tokens=False)
        leads.add(("1911" in text, "fire at sorrel" in text))
        ((first, last, _),) = made.pairs
        assert tokenizer.decode(made.ids[first : last + 1]) == "1911"
    assert leads == {(True, True), (True, False), (False, True), (False, False)}


def test_a_text_without_a_date_is_given_one_now_and_then(tokenizer: Tokenizer) -> None:
    ages = set()
    for seed in range(60):
        (made,) = featured([MILL], tokenizer, random.Random(seed))
        ages.add("|" in tokenizer.decode(made.ids[: made.passage_start]))
    assert ages == {True, False}


def test_batches_hold_every_feature_once_and_within_budget(tokenizer: Tokenizer) -> None:
    examples = [example(f"When {n}?", "In 1911. " + "Rain fell. " * n, "1911") for n in range(30)]
    features = featured(examples, tokenizer, random.Random(0))
    groups = list(batches(features, 300, random.Random(0)))
    assert sorted(id(f) for g in groups for f in g) == sorted(id(f) for f in features)
    for group in groups:
        batch = collated(group)
        assert batch.ids.size <= 300 or len(group) == 1
        assert (batch.open[:, 0] == 0).all()
        assert (batch.ids[batch.mask == 0] == tokenizer.token_to_id("<pad>")).all()
