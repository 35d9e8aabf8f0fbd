"""A folder and its copy in Milvus answer alike, and where two indexes do not, it is said why."""

import json
from datetime import date

import pytest

from eval.datasets import read_dataset
from eval.lab.equality import compare, main, shares
from eval.remembering_encoder import RememberingEncoder
from rag.answering.answerer import Answerer
from rag.index import Index
from rag.index.copying import copy_index
from rag.index.opening import open_index
from rag.ingest import read_sources
from rag.ingest.article import make_article
from rag.reader.loading import load_reader
from ui.defaults import sample_folder

pytestmark = pytest.mark.slow

DAY = date(2024, 2, 10)
QUESTIONS = sample_folder().parent / "questions.jsonl"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("equality") / "index"
    with Index.open(made, create=True) as index:
        index.add(read_sources([str(sample_folder())]))
    return made


def test_questions_of_the_sample_are_answered_alike(folder, tmp_path):
    pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
    pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")
    name = f"milvus-lite:{tmp_path}/news.db"
    copy_index(str(folder), name)
    # Every ninth: a search of Milvus Lite takes a quarter of a second.
    questions = read_dataset(QUESTIONS, split="all").questions[::9]
    assert len(questions) > 20
    encoder = RememberingEncoder()
    with open_index(folder, encoder=encoder) as one, open_index(name, encoder=encoder) as other:
        quick = [
            Answerer(index, reader=load_reader("evidence", encode=index.encode))
            for index in (one, other)
        ]
        compared = list(compare(*quick, questions, DAY))
        assert [found for found in compared if not found.same] == []
        assert {found.confidence for found in compared} == {0.0}
        # The default reader, which reads what the search found, is asked less often: it takes longer.
        read = list(compare(Answerer(one), Answerer(other), questions[::8], DAY))
        assert [found for found in read if not found.same] == []


def test_what_differs_is_said(folder, tmp_path, capsys):
    other = tmp_path / "other"
    with Index.open(other, create=True) as index:
        index.add(read_sources([str(sample_folder())]))
        text = "At Lindau 99 cooperation agreements were signed during the visit."
        index.add([make_article(text=text, source="x.txt", title="Lindau")])
    questions = tmp_path / "questions.jsonl"
    asked = "How many cooperation agreements were signed during the visit?"
    questions.write_text(json.dumps({"id": "a", "question": asked, "answers": ["36"]}) + "\n")
    arguments = [str(folder), str(other), str(questions), "--as-of", "2024-02-10"]
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["n"], told["all_the_same"]) == (1, 0.0)
    (differing,) = told["differing"]
    assert differing["why"].startswith("neighbours: ")
    assert main([str(folder), str(folder), str(questions)]) == 0
    assert "all the same: 1.0000" in capsys.readouterr().out
    assert main([str(folder), str(tmp_path / "none"), str(questions)]) == 2
    assert "no index there" in capsys.readouterr().err
    assert shares([]) == dict.fromkeys(shares([]), 0.0)
