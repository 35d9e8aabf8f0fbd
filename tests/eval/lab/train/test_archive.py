"""Mining an archive: what answers is near in time and holds the answer, what misleads does not hold it."""

import json
import lzma
import random
from datetime import date
from pathlib import Path

import pytest

from eval.lab.train.archive import (
    ARTICLES,
    QUESTIONS,
    Mined,
    Piece,
    chosen,
    example,
    examples_of,
    load_mined,
    mine,
    save_mined,
    spans_of,
)
from eval.lab.train.examples import Example
from rag.errors import ReaderDataError
from tests.conftest import HashEncoder

pytestmark = pytest.mark.slow

TOLD = {
    "ended": ("2021-03-10", "The ferry crews of Pelm ended their strike after 12 days."),
    "began": ("2021-02-26", "The ferry crews of Pelm began a strike over their pay."),
    "years before": ("2015-01-05", "A strike of the ferry crews of Pelm went on for 12 days."),
    "months after": ("2021-07-05", "The ferry crews of Pelm recall the strike of 12 days."),
    "long after": ("2021-09-01", "The ferry crews of Pelm vote on another strike over pay."),
    "won": ("2021-05-03", "Ada Brook won the chess tournament in Sorrel."),
    "opened": ("2021-05-01", "Ada Brook opened the chess tournament in Sorrel with a draw."),
    "drawn": ("2021-05-02", "The chess tournament in Sorrel drew 90 players."),
}
ASKED = [
    {
        "id": "q1",
        "question": "For how many days did the ferry crews of Pelm strike?",
        "answers": ["twelve days"],
        "as_of": "2021-03-12",
        "near": True,
        "articles": ["long after"],
    },
    {
        "id": "q2",
        "question": "Who won the chess tournament in Sorrel?",
        "answers": ["Ada Brook", "Brook"],
        "as_of": "2021-05-04",
        "near": True,
        "articles": [],
    },
    {
        "id": "q3",
        "question": "Who sank the ferry?",
        "answers": ["Omar Diaz"],
        "as_of": "2021-05-04",
        "near": False,
        "articles": [],
    },
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / QUESTIONS).write_text("".join(f"{json.dumps(row)}\n" for row in ASKED))
    with lzma.open(tmp_path / ARTICLES, "wt", encoding="utf-8") as file:
        for url, (published, text) in TOLD.items():
            row = {"url": url, "title": None, "published": published, "text": text}
            file.write(f"{json.dumps(row)}\n")
    return tmp_path


@pytest.fixture
def mined(folder: Path) -> list[Mined]:
    return mine(folder, HashEncoder().encode, lambda _: None)


def urls(pieces: tuple[Piece, ...]) -> set[str]:
    return {piece.url for piece in pieces}


def test_what_answers_is_near_in_time_and_what_misleads_is_not_later(mined: list[Mined]) -> None:
    strike, chess = mined
    assert (strike.id, chess.id) == ("q1", "q2")
    assert urls(strike.positives) == {"ended"}
    assert urls(strike.negatives) == {"began"}
    assert urls(chess.positives) == {"won", "opened"}
    assert urls(chess.negatives) == {"drawn"}
    (ended,) = strike.positives
    assert ended == Piece("ended", "", date(2021, 3, 10), TOLD["ended"][1])


def test_the_likeliest_answering_passage_is_chosen(mined: list[Mined]) -> None:
    met: list[Example] = []

    def score(examples: list[Example]) -> list[float]:
        met.extend(examples)
        return [1.0 if "won" in e.context else -1.0 for e in examples]

    picked = chosen(mined, score)
    assert [(question.id, piece.url) for question, piece in picked] == [
        ("q1", "ended"),
        ("q2", "won"),
    ]
    assert {e.context for e in met} == {TOLD[name][1] for name in ("ended", "won", "opened")}


def test_a_question_without_an_answering_passage_is_not_chosen(mined: list[Mined]) -> None:
    lost = Mined("q4", "Who lost?", ("Omar Diaz",), date(2021, 5, 4), (), mined[1].negatives)
    assert chosen([lost], lambda examples: [0.0 for _ in examples]) == []


def test_an_example_is_dated_and_its_spans_are_where_the_answer_stands(mined: list[Mined]) -> None:
    strike, chess = mined
    made = example(strike, strike.positives[0])
    assert [made.context[a:b] for a, b, _ in made.spans] == ["12 days"]
    assert (made.published, made.as_of) == (date(2021, 3, 10), date(2021, 3, 12))
    won = next(p for p in chess.positives if p.url == "won")
    assert {example(chess, won).context[a:b] for a, b, _ in example(chess, won).spans} == {
        "Ada Brook",
        "Brook",
    }


def test_a_report_of_the_days_after_is_read_on_its_own_day() -> None:
    late = Piece("late", "", date(2021, 3, 15), "They struck for twelve days.")
    asked = Mined("q", "For how long?", ("12 days",), date(2021, 3, 12), (late,), ())
    assert example(asked, late).as_of == date(2021, 3, 15)


def test_each_turn_asks_of_what_answers_and_of_some_that_do_not(mined: list[Mined]) -> None:
    picked = [(question, question.positives[0]) for question in mined]
    made = examples_of(picked, negatives=1, times=2, rng=random.Random(0))
    assert len(made) == 2 * 2 * 2
    groups = {e.group for e in made}
    assert groups == {"q1 0", "q2 0", "q1 1", "q2 1"}
    for group in groups:
        own = [e for e in made if e.group == group]
        assert sorted(e.answerable for e in own) == [False, True]
        assert len({e.question for e in own}) == 1


@pytest.mark.parametrize(
    ("text", "answer", "found"),
    [
        ("It went on for twelve days.", "12 days", ["twelve days"]),
        ("It cost 1,200 crowns, 12 a head.", "1200", ["1,200"]),
        ("The Harbour Code was signed.", "the harbour code", ["Harbour Code"]),
        ("Anna said no. Ann said yes; Ann left.", "Ann", ["Ann", "Ann"]),
        ("Anna said no.", "Ann", []),
        ("A play called The.", "The", ["The"]),
        ("Nothing.", "...", []),
    ],
)
def test_answers_are_found_by_their_words(text: str, answer: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in spans_of(text, [answer])] == found


def test_what_was_mined_is_kept_as_it_is(mined: list[Mined], tmp_path: Path) -> None:
    save_mined(mined, tmp_path / "mined.jsonl")
    assert load_mined(tmp_path / "mined.jsonl") == mined


def test_a_folder_without_an_archive_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReaderDataError, match="cannot read the archive"):
        mine(tmp_path, HashEncoder().encode)
