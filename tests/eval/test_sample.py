"""The built-in sample: articles parse, questions hold what they promise, nothing is copied."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.text.months import written_date

REPO = Path(__file__).resolve().parents[2]
SAMPLE = REPO / "eval" / "sample"
ARTICLES = sorted((SAMPLE / "articles").glob("*.md"))
CORPUS = REPO.parent / "shared" / "corpus"
KINDS = {
    "name", "date", "place", "count", "percentage", "money", "reason", "definition", "acronym",
    "paraphrase", "two_outlets", "two_years", "followup", "unanswerable", "other",
}  # fmt: skip
SPLITS = ("dev", "test")
FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by did do does for from had has have he him his how in is "
        "it its just many more much no not of on or out own s so than that the their them there "
        "these they this those to two up was were what when where which who whom whose why "
        "will with",
    )
)

Question = dict[str, Any]


def parse(path: Path) -> tuple[dict[str, Any], str]:
    """Front matter and body of an article."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


def tenfold(text: str) -> Iterator[tuple[str, ...]]:
    """Every run of ten words, lowercase."""
    words = re.findall(r"\w+", text.lower())
    return (tuple(words[i : i + 10]) for i in range(len(words) - 9))


PARSED = {path.stem: parse(path) for path in ARTICLES}
LINES = (SAMPLE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
QUESTIONS: list[Question] = [json.loads(line) for line in LINES]


def in_split(split: str) -> list[Question]:
    """The questions of one half."""
    return [question for question in QUESTIONS if question["split"] == split]


def test_the_five_reports_are_retold_and_at_least_four_more_restate_them() -> None:
    assert len(ARTICLES) >= 9
    retold = {
        stem: (front["published"].isoformat(), front["retells"])
        for stem, (front, _) in PARSED.items()
        if "retold in this sample" not in front["retells"]
    }
    assert retold == {
        "beijing-talks-2022": (
            "2022-11-01",
            "a report in the English edition of a Vietnamese newspaper, 1 November 2022",
        ),
        "hanoi-summit-2023": (
            "2023-12-12",
            "an English-language report from Hanoi, 12 December 2023",
        ),
        "son-nong-meeting-2024": (
            "2024-02-06",
            "a report by VOV, the Vietnamese radio, 6 February 2024",
        ),
        "steering-committee-2023": ("2023-12-02", "a report by Vietnam.vn, 2 December 2023"),
        "xinhua-analysis-2023": ("2023-12-15", "a report by Xinhua, 15 December 2023"),
    }
    for published, retells in retold.values():
        assert retells.endswith(written_date(date.fromisoformat(published)))


@pytest.mark.parametrize("stem", PARSED)
def test_front_matter_says_what_is_retold(stem: str) -> None:
    front, body = PARSED[stem]
    # No address: the page of whoever is retold does not hold these words.
    assert set(front) == {"title", "outlet", "published", "language", "retells"}
    assert all(isinstance(front[key], str) for key in ("title", "outlet", "language", "retells"))
    assert front["outlet"] == "presscite sample desk"
    assert isinstance(front["published"], date)
    assert front["language"] == "en"
    assert len(re.findall(r"\w+", body)) >= 250


def test_counts() -> None:
    assert len(QUESTIONS) >= 130
    kinds = Counter(question["kind"] for question in QUESTIONS)
    assert set(kinds) == KINDS
    assert kinds["unanswerable"] >= 40
    assert sum("history" in question for question in QUESTIONS) >= 16


def test_fields() -> None:
    keys = {"id", "question", "answers", "articles", "kind", "topic", "split"}
    for question in QUESTIONS:
        assert set(question) - {"history"} == keys, question["id"]
        assert question["split"] in SPLITS, question["id"]
        assert question["question"].endswith("?"), question["id"]
        assert (question["kind"] == "followup") == ("history" in question), question["id"]
        for turn in question.get("history", []):
            assert set(turn) == {"question", "answer"}, question["id"]


def test_ids_and_questions_are_unique() -> None:
    ids = Counter(question["id"] for question in QUESTIONS)
    asked = Counter(
        (question["question"].lower(), json.dumps(question.get("history")))
        for question in QUESTIONS
    )
    assert [key for counts in (ids, asked) for key, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("split", SPLITS)
def test_each_half_has_every_kind(split: str) -> None:
    kinds = Counter(question["kind"] for question in in_split(split))
    assert set(kinds) == KINDS
    assert kinds["followup"] >= 8
    assert kinds["unanswerable"] >= 20
    assert kinds["paraphrase"] >= 6
    assert 0.45 <= len(in_split(split)) / len(QUESTIONS) <= 0.55


def test_no_topic_stands_in_both_halves() -> None:
    dev, test = ({question["topic"] for question in in_split(split)} for split in SPLITS)
    assert dev & test == set()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_answers_stand_in_the_articles(question: Question) -> None:
    if question["kind"] == "unanswerable":
        assert question["answers"] == question["articles"] == []
        return
    assert question["answers"]
    assert question["articles"]
    bodies = {stem: PARSED[stem][1].lower() for stem in question["articles"]}
    answers = [answer.lower() for answer in question["answers"]]
    assert [a for a in answers if not any(a in body for body in bodies.values())] == []
    assert [s for s, body in bodies.items() if not any(a in body for a in answers)] == []


@pytest.mark.parametrize(
    "question",
    [question for question in QUESTIONS if question["kind"] == "paraphrase"],
    ids=lambda question: question["id"],
)
def test_a_paraphrase_shares_no_content_word_with_an_answering_sentence(question: Question) -> None:
    def content(text: str) -> set[str]:
        # Five letters are a crude stem: "country" and "countries" count as shared.
        return {word[:5] for word in re.findall(r"\w+", text.lower()) if word not in FUNCTION_WORDS}

    shared = [
        content(sentence) & content(question["question"])
        for stem in question["articles"]
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", PARSED[stem][1])
        if any(answer.lower() in sentence.lower() for answer in question["answers"])
    ]
    assert set() in shared


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("How many agreements does the report from Hanoi count", "36"),
        ("How many agreements does Xinhua count", "over 30"),
        ("Where did Vietnam rank among China's trading partners in 2022?", "sixth"),
        ("Where did Vietnam rank among China's trading partners in 2023?", "fourth"),
    ],
)
def test_the_figures_that_differ_are_asked_for(asked: str, answer: str) -> None:
    assert [q["answers"][0] for q in QUESTIONS if q["question"].startswith(asked)] == [answer]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no ../shared/corpus beside the repository")
@pytest.mark.parametrize(
    "path", [*ARTICLES, SAMPLE / "questions.jsonl"], ids=lambda path: path.name
)
def test_no_ten_words_in_a_row_are_copied(path: Path) -> None:
    raw = {run for file in CORPUS.glob("*.txt") for run in tenfold(file.read_text("utf-8"))}
    assert len(raw) > 3000
    assert [" ".join(run) for run in tenfold(path.read_text("utf-8")) if run in raw] == []
