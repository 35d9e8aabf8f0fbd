"""Question sets read from tiny files, and refused with a line that says where."""

import gzip
import json
from datetime import date

import pytest

from eval.datasets import (
    QuestionSet,
    RetrievalSet,
    question_word,
    read_beir,
    read_dataset,
    read_jsonl,
    read_squad,
)
from rag.errors import DatasetError
from rag.types import Turn


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_jsonl_with_splits(tmp_path):
    path = jsonl(
        tmp_path / "q.jsonl",
        {"id": "1", "question": "Who?", "answers": ["An"], "articles": ["x"], "split": "dev"},
        {"id": "2", "question": "And why?", "split": "test", "kind": "reason",
         "history": [{"question": "Who?", "answer": "An"}, {"question": "When?", "answer": None}]},
        {"id": "3", "question": "Where?", "answers": []},
    )  # fmt: skip
    test = read_dataset(path)
    assert isinstance(test, QuestionSet)
    assert [q.id for q in test.questions] == ["2", "3"]
    assert test.questions[0].history == (Turn("Who?", "An"), Turn("When?", None))
    assert test.questions[0].kind == "reason"
    assert not test.questions[0].answerable
    assert [q.id for q in read_jsonl(path, split="dev").questions] == ["1", "3"]
    assert len(read_jsonl(path, split="all").questions) == 3


def test_jsonl_keeps_the_day_and_what_can_be_grouped_by(tmp_path):
    path = jsonl(
        tmp_path / "q.jsonl",
        {"id": "1", "question": "Who?", "answers": ["An"], "as_of": "2024-06-07", "near": True,
         "choices": ["An", "Bo"], "found": ["https://example.org/a"], "level": 2, "topic": "harbour",
         "note": None},
        {"id": "2", "question": "Who?", "as_of": None},
        {"id": "3", "question": "Who?", "as_of": "7 June 2024"},
    )  # fmt: skip
    first, second, third = read_jsonl(path).questions
    assert first.as_of == date(2024, 6, 7)
    assert dict(first.fields) == {"near": True, "level": 2, "topic": "harbour"}
    assert second.as_of is None
    assert not second.fields
    # As a line of a batch may have it.
    assert third.as_of == first.as_of


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", ":2: not JSON"),
        ("[1]", ":2: not an object"),
        ('{"id": "9"}', "'question' is None"),
        ('{"id": "1", "question": "Who?"}', "stands in line 1 too"),
        ('{"question": "Who?", "history": ["x"]}', "history holds a turn"),
        ('{"question": "Who?", "split": "train"}', "split is 'train'"),
        (
            '{"question": "Who?", "as_of": "7 June"}',
            "'as_of' is '7 June'; write a day as YYYY-MM-DD",
        ),
        ('{"question": "Who?", "as_of": 20240607}', "'as_of' is 20240607"),
    ],
)
def test_bad_jsonl_names_the_line(tmp_path, line, words):
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "1", "question": "Who?"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        read_jsonl(path)
    message = str(caught.value)
    assert words in message
    assert f"{path}:2" in message
    assert "\n" not in message


def test_missing_empty_and_unknown(tmp_path):
    with pytest.raises(DatasetError, match="no such file"):
        read_dataset(tmp_path / "none.jsonl")
    with pytest.raises(DatasetError, match="cannot tell what"):
        read_dataset(jsonl(tmp_path / "q.csv"))
    with pytest.raises(DatasetError, match="try --split all"):
        read_dataset(jsonl(tmp_path / "q.jsonl", {"question": "Who?", "split": "dev"}))
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "caf\xe9"}')
    with pytest.raises(DatasetError, match="not UTF-8"):
        read_dataset(tmp_path / "latin.jsonl")


SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Ha_Noi",
            "paragraphs": [
                {"context": "Hanoi is old.", "qas": [
                    {"id": "a", "question": " What is old? ", "is_impossible": False,
                     "answers": [{"text": "Hanoi", "answer_start": 0}] * 3},
                    {"id": "b", "question": "Who is old?", "is_impossible": True, "answers": [],
                     "plausible_answers": [{"text": "Hanoi", "answer_start": 0}]},
                ]},
                {"context": "Hanoi is old.", "qas": [
                    {"id": "a", "question": "What is old?", "answers": []},
                ]},
                {"context": "Hue is young.", "qas": []},
            ],
        }
    ],
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
def test_squad(tmp_path, suffix):
    path = tmp_path / f"dev{suffix}"
    raw = json.dumps(SQUAD).encode()
    path.write_bytes(gzip.compress(raw) if suffix.endswith("gz") else raw)
    data = read_dataset(path)
    assert data.name == "dev"
    assert [d.text for d in data.documents] == ["Hanoi is old.", "Hue is young."]
    assert data.documents[0].title == "Ha Noi"
    first, second = data.questions
    assert (first.question, first.answers) == ("What is old?", ("Hanoi",))
    assert first.articles == (data.documents[0].id,)
    assert not second.answerable


def test_bad_squad(tmp_path):
    path = tmp_path / "dev.json"
    path.write_text('{"data": [{"paragraphs": [{}]}]}', encoding="utf-8")
    with pytest.raises(DatasetError, match="not a SQuAD file"):
        read_squad(path)
    path.write_text('{"data":\n [}', encoding="utf-8")
    with pytest.raises(DatasetError, match=r"dev.json:2: not JSON"):
        read_squad(path)
    path.write_text('{"data": []}', encoding="utf-8")
    with pytest.raises(DatasetError, match="no question"):
        read_squad(path)


def beir(folder, qrels="query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n"):
    folder.mkdir(exist_ok=True)
    (folder / "qrels").mkdir(exist_ok=True)
    jsonl(folder / "corpus.jsonl", {"_id": "d1", "title": "T", "text": "Body."}, {"_id": "d2"})
    jsonl(folder / "queries.jsonl", {"_id": "q1", "text": "Who?"}, {"_id": "q2", "text": "When?"})
    (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    return folder


def test_beir(tmp_path):
    data = read_dataset(beir(tmp_path / "set"))
    assert isinstance(data, RetrievalSet)
    assert [q.id for q in data.queries] == ["q1"]
    assert dict(data.queries[0].qrels) == {"d1": 2, "d2": 0}
    assert data.documents[0].title == "T"
    assert data.documents[1].text == ""


def test_bad_beir(tmp_path):
    with pytest.raises(DatasetError, match=r"test.tsv:2: expected query id"):
        read_beir(beir(tmp_path / "a", "query-id\tcorpus-id\tscore\nq1\td1\n"))
    with pytest.raises(DatasetError, match="no query"):
        read_beir(beir(tmp_path / "b", "q9\td1\t1\n"))
    (tmp_path / "b" / "qrels" / "test.tsv").unlink()
    with pytest.raises(DatasetError, match="no such file"):
        read_beir(tmp_path / "b")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who chaired it?", "who"),
        ("In what year did it end?", "when"),
        ("How many came?", "how many"),
        ("How did it end?", "how"),
        ("By which measure?", "what"),
        ("Is it true?", "other"),
        ("Whoever came?", "other"),
    ],
)
def test_question_word(question, kind):
    assert question_word(question) == kind
