"""Question files as other tools and people write them: read the obvious way, or refused in one line."""

import json

import pytest

from eval.datasets import read_dataset
from rag.errors import DatasetError

TEXT = "The bridge at Varn opened in 1931. Odile Marsh drew it, and 214 workers built it."


def squad(tmp_path, *paragraphs):
    path = tmp_path / "set.json"
    path.write_text(json.dumps({"data": [{"title": "Varn_Bridge", "paragraphs": paragraphs}]}))
    return path


def asked(name, question, *answers, **more):
    return {"id": name, "question": question, "answers": [{"text": a} for a in answers], **more}


def test_questions_that_share_an_id_are_all_asked(tmp_path):
    found = read_dataset(
        squad(
            tmp_path,
            {
                "context": TEXT,
                "qas": [
                    asked("a", "When did it open?", "1931"),
                    asked("a", "Who drew it?", "Odile Marsh"),
                    asked("a", "Who drew it?", "Odile Marsh"),
                ],
            },
        )
    )
    assert [(q.id, q.answers) for q in found.questions] == [
        ("a", ("1931",)),
        ("a#2", ("Odile Marsh",)),
    ]
    assert found.notes == ("1 question with an id that another has, numbered",)


@pytest.mark.parametrize("context", [None, "", "  ", 7])
def test_a_paragraph_without_text_is_no_document(tmp_path, context):
    nothing = {"context": context, "qas": [asked("x", "When?", "1931")]}
    with pytest.raises(DatasetError, match="1 paragraph without a text"):
        read_dataset(squad(tmp_path, nothing))
    both = read_dataset(
        squad(tmp_path, nothing, {"context": TEXT, "qas": [asked("y", "Who?", "Marsh")]})
    )
    assert [q.id for q in both.questions] == ["y"]
    assert len(both.documents) == len(both.notes) == 1


@pytest.mark.parametrize(
    ("flag", "answers"),
    [
        (True, ()),
        ("true", ()),
        (1, ()),
        (False, ("1931",)),
        ("False", ("1931",)),
        (None, ("1931",)),
    ],
)
def test_impossible_is_read_as_it_is_meant(tmp_path, flag, answers):
    row = asked("a", "When did it open?", "1931", is_impossible=flag)
    (question,) = read_dataset(squad(tmp_path, {"context": TEXT, "qas": [row]})).questions
    assert question.answers == answers


def test_a_flag_that_is_neither_is_refused(tmp_path):
    row = asked("a", "When did it open?", "1931", is_impossible="perhaps")
    with pytest.raises(DatasetError, match="perhaps"):
        read_dataset(squad(tmp_path, {"context": TEXT, "qas": [row]}))


@pytest.mark.parametrize("answers", [None, [], [{"text": ""}], [{"text": " "}]])
def test_an_empty_answer_is_none(tmp_path, answers):
    row = {"id": "a", "question": "Who sold it?", "answers": answers, "is_impossible": False}
    found = read_dataset(squad(tmp_path, {"context": TEXT, "qas": [row]}))
    assert found.questions[0].answers == ()
    assert "not marked impossible" in found.notes[0]


def test_a_question_without_words_or_id(tmp_path):
    rows = [asked("a", "  ", "1931"), {"question": "Who drew it?", "answers": [{"text": "Marsh"}]}]
    found = read_dataset(squad(tmp_path, {"context": TEXT, "qas": rows}))
    assert [(q.id, q.question) for q in found.questions] == [("1", "Who drew it?")]
    assert found.notes == ("1 question without words, left out",)


def test_an_answer_that_is_not_in_its_paragraph_is_told(tmp_path):
    row = asked("a", "How many workers?", "some 200")
    found = read_dataset(squad(tmp_path, {"context": TEXT, "qas": [row]}))
    assert found.notes == ("1 question with an answer that its paragraph does not hold",)


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
def test_rows_of_a_dataset_library_are_squad(tmp_path, name):
    row = {
        "id": "a",
        "title": "Varn",
        "context": TEXT,
        "question": "When did it open?",
        "answers": {"text": ["1931"], "answer_start": [29]},
    }
    path = tmp_path / name
    path.write_text(json.dumps(row if name.endswith("l") else {"data": [row]}))
    found = read_dataset(path)
    assert [(q.answers, q.articles) for q in found.questions] == [(("1931",), ("paragraph-1",))]
    assert found.documents[0].text == TEXT


def own(tmp_path, *rows):
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("fields", "answers"),
    [
        ({"answer": "1931"}, ("1931",)),
        ({"answers": "1931"}, ("1931",)),
        ({"answers": [214, "1931"]}, ("214", "1931")),
        ({"answers": 214}, ("214",)),
        ({"answers": []}, ()),
        ({"answers": None, "answer_type": "date"}, ()),
        ({}, ()),
    ],
)
def test_answers_are_read_as_they_are_meant(tmp_path, fields, answers):
    (question,) = read_dataset(own(tmp_path, {"question": "When?", **fields})).questions
    assert question.answers == answers


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gold": "1931"}, "'gold' and no 'answers'"),
        ({"answer_text": ["1931"]}, "'answer_text' and no 'answers'"),
        ({"answer": "1931", "answers": ["1931"]}, "write 'answers' alone"),
        ({"answers": [True]}, "list of texts"),
        ({"answers": {"text": "1931"}}, "list of texts"),
        ({"answers": [" "]}, "list of texts"),
        (
            {"answers": [], "history": [{"question": "Who?", "answer": 4}]},
            "no question with an answer",
        ),
        (
            {"answers": [], "history": [{"question": "Who?", "answer": ["a"]}]},
            "no question with an answer",
        ),
        ({"answers": [], "history": "Who?"}, "history is not a list"),
        ({"answers": [], "split": ["dev"]}, "split is"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path, fields, message):
    path = own(tmp_path, {"question": "Where?"}, {"question": "When?", **fields})
    with pytest.raises(DatasetError, match=message) as caught:
        read_dataset(path)
    assert str(caught.value).startswith(f"{path}:2: ")


CORPUS = [
    {"_id": "d1", "title": "Bridge", "text": TEXT},
    {"_id": "d2", "title": "", "text": "Ferries leave Varn on the hour."},
]
QUERIES = [{"_id": "q1", "text": "When did the bridge open?"}]


def beir(folder, qrels, *, corpus=CORPUS, queries=QUERIES):
    (folder / "qrels").mkdir(parents=True)
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "qrels" / "test.tsv").write_bytes(qrels.encode())
    return folder


HEAD = "query-id\tcorpus-id\tscore\n"


@pytest.mark.parametrize(
    "qrels",
    [
        HEAD + "q1\td1\t2\n",
        "qid\tdocid\trelevance\nq1\td1\t2\n",
        "q1\td1\t2\n",
        "q1 d1 2\n",
        "q1\t0\td1\t2\n",
        "q1 Q0 d1 2\n",
        HEAD.replace("\n", "\r\n") + "q1\td1\t2\r\n\r\n",
        HEAD + "q1\td1\t2.0\n",
        HEAD + " q1 \t d1\t2 \n",
    ],
)
def test_every_form_of_judgements(tmp_path, qrels):
    (query,) = read_dataset(beir(tmp_path / "set", qrels)).queries
    assert dict(query.qrels) == {"d1": 2}


@pytest.mark.parametrize(
    "row", ["q1\td1\n", "q1\td1\thigh\n", "q1\td1\t1.5\n", "q1\t\t1\n", "q1\td1\tnan\n"]
)
def test_a_judgement_that_is_none_is_refused(tmp_path, row):
    with pytest.raises(DatasetError, match=r"test\.tsv:2: .*whole grade"):
        read_dataset(beir(tmp_path / "set", HEAD + row))


def test_the_last_of_what_is_given_twice_counts(tmp_path):
    found = read_dataset(
        beir(
            tmp_path / "set",
            HEAD + "q1\td1\t1\nq1\td1\t0\nq1\td2\t1\n",
            corpus=[*CORPUS, CORPUS[1] | {"text": "Ferries leave at noon."}],
            queries=[*QUERIES, {"_id": "q1", "text": "When do ferries leave?"}],
        )
    )
    assert [(q.question, dict(q.qrels)) for q in found.queries] == [
        ("When do ferries leave?", {"d1": 0, "d2": 1})
    ]
    assert [d.text for d in found.documents] == [TEXT, "Ferries leave at noon."]
    assert len(found.notes) == 3


def test_a_query_of_the_corpus_is_not_found_by_itself(tmp_path):
    argument = "Bridges should be free because tolls slow the traffic."
    corpus = [{"_id": "a", "title": "", "text": argument}, *CORPUS]
    queries = [{"_id": "a", "text": argument}, {"_id": "d1", "text": "When do ferries leave?"}]
    found = read_dataset(
        beir(tmp_path / "set", HEAD + "a\td1\t1\nd1\td2\t1\n", corpus=corpus, queries=queries)
    )
    # The second has the id of a document by chance.
    assert {q.id: q.itself for q in found.queries} == {"a": "a", "d1": None}


def test_a_judged_document_of_the_same_id_stays(tmp_path):
    queries = [{"_id": "d1", "text": TEXT}]
    (query,) = read_dataset(beir(tmp_path / "set", HEAD + "d1\td1\t1\n", queries=queries)).queries
    assert query.itself is None


def test_a_folder_one_level_deeper(tmp_path):
    beir(tmp_path / "outer" / "inner", HEAD + "q1\td1\t1\n")
    found = read_dataset(tmp_path / "outer")
    assert found.name == "inner"
    assert "inner" in found.notes[0]
    beir(tmp_path / "outer" / "other", HEAD + "q1\td1\t1\n")
    with pytest.raises(DatasetError, match="name one of inner, other"):
        read_dataset(tmp_path / "outer")


def test_a_title_alone_is_what_is_searched(tmp_path):
    corpus = [
        *CORPUS,
        {"_id": "d3", "title": "Only a title", "text": ""},
        {"_id": "d4", "text": None},
    ]
    found = read_dataset(beir(tmp_path / "set", HEAD + "q1\td9\t1\n", corpus=corpus))
    assert [(d.id, d.title, d.text) for d in found.documents[2:]] == [
        ("d3", None, "Only a title"),
        ("d4", None, ""),
    ]
    assert [note.split(": ")[1] for note in found.notes] == [
        "1 document without words, never found",
        "1 document not in corpus.jsonl, counted as not found",
    ]


def test_a_query_longer_than_a_question_is_searched_by_its_beginning(tmp_path):
    text = "bridge " * 400
    found = read_dataset(
        beir(tmp_path / "set", HEAD + "q1\td1\t1\n", queries=[{"_id": "q1", "text": text}])
    )
    assert len(found.queries[0].question) <= 2000
    assert found.queries[0].question.endswith("bridge")
    assert "1 query over 2,000 characters" in found.notes[0]


def test_what_holds_nothing_is_refused(tmp_path):
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DatasetError, match="no question in it"):
        read_dataset(tmp_path / "empty.jsonl")
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match=r"no corpus\.jsonl in it"):
        read_dataset(tmp_path / "none")
    (tmp_path / "bad.json.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\x07" * 40)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_dataset(tmp_path / "bad.json.gz")


def test_ids_that_are_numbers(tmp_path):
    corpus = [{"_id": 1, "text": TEXT}]
    queries = [{"_id": 10, "text": "When did it open?"}]
    (query,) = read_dataset(
        beir(tmp_path / "set", HEAD + "10\t1\t1\n", corpus=corpus, queries=queries)
    ).queries
    assert (query.id, dict(query.qrels)) == ("10", {"1": 1})


@pytest.mark.parametrize("name", [None, "", True, {"a": 1}])
def test_an_id_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(DatasetError, match="'_id' is"):
        read_dataset(
            beir(tmp_path / "set", HEAD + "q1\td1\t1\n", corpus=[{"_id": name, "text": "x"}])
        )
