"""Figures told by a field of the questions: in groups, as JSON, in the table and in the report."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from eval.answer_runs import run_questions
from eval.datasets import Query, QuestionSet, RetrievalSet
from eval.grouping import NOT_GIVEN, as_text, check_field, figures_by, grouped, groups_of
from eval.losses import Loss
from eval.report import report_html
from eval.table import print_table
from rag.errors import DatasetError
from tests.eval.test_report import Page
from tests.eval.test_runner import ANSWERS, HUE, KEYS, QUESTIONS, WrittenDown, candidate
from ui.cli.evaluation import EvalOptions, record_of, run

OTHER = {
    **ANSWERS,
    # right with the first reader, the wrong quote with this one
    "right": ((candidate(HUE, "Hue", "Hue lies in the middle.", 0.4),), False, ()),
}
NEAR = {"right": True, "span": True, "quiet": True, "missed": False, "invented": False}
ASKED = QuestionSet(
    "tiny",
    tuple(
        replace(q, fields={"near": NEAR[q.id], "<b>": 2} if q.id in NEAR else {})
        for q in QUESTIONS.questions
    ),
)


@pytest.fixture(scope="module")
def result():
    library = WrittenDown(ANSWERS)
    made = run_questions(ASKED, library, library, other=WrittenDown(OTHER))
    compared = replace(made.compared, reader="theirs")
    return replace(made, reader="ours", by="near", compared=compared)


@pytest.fixture(scope="module")
def alone(result):
    return replace(result, compared=None)


def test_values_are_written_as_in_json():
    assert as_text({"a": True, "b": False, "c": 2, "d": "x"}) == {
        "a": "true", "b": "false", "c": "2", "d": "x",
    }  # fmt: skip


def test_no_value_of_a_field_commands_a_terminal(alone):
    records = tuple(replace(one, fields={"near": "\x1b[31mred"}) for one in alone.records)
    console = Console(file=io.StringIO(), width=200)
    print_table(replace(alone, records=records, name="q\x9b2J", notes=("n\x1b[2J",)), console)
    told = console.file.getvalue()
    assert "red" in told
    assert not set("\x1b\x9b") & set(told)


def test_groups_and_their_figures(alone):
    groups = grouped(alone.records, "near")
    assert {value: [r.id for r in members] for value, members in groups.items()} == {
        "true": ["right", "span", "quiet"],
        "false": ["missed", "invented"],
        NOT_GIVEN: ["quote", "silent"],
    }
    told = figures_by(alone)["near"]
    assert list(told) == ["true", "false", NOT_GIVEN]
    assert all(list(figures) == KEYS for figures in told.values())
    assert (told["true"]["quote_hit"], told["false"]["quote_hit"]) == (1, 0)
    assert told["true"]["told_precision"] == 1
    assert told["true"]["losses"]["held_back"] == 1
    assert sum(figures["n"] for figures in told.values()) == len(alone.records)
    assert sum(len(members) for members in grouped(alone.records, "kind").values()) == 7
    assert figures_by(replace(alone, by=None)) == groups_of(replace(alone, by=None)) == {}


@pytest.mark.slow
def test_json_has_groups_and_where_each_miss_was_lost(result, alone):
    record = json.loads(json.dumps(record_of(alone)))
    assert list(record) == [*KEYS, "lost", "by"]
    assert record["lost"] == {
        "span": "other_words",
        "quiet": "held_back",
        "missed": "not_retrieved",
        "quote": "other_sentence",
    }
    assert list(record["by"]["near"]) == ["true", "false", NOT_GIVEN]
    both = record_of(result)["compared"]["by"]["near"]
    assert both["true"]["quote_hit"] == pytest.approx(2 / 3)
    assert both["true"]["difference"]["quote_hit"]["value"] == pytest.approx(1 / 3)
    assert "by" not in record_of(replace(alone, by=None))


def test_a_field_that_no_question_has_is_refused():
    check_field(ASKED, "near")
    check_field(ASKED, "kind")
    with pytest.raises(DatasetError, match=r"no field 'far' .*name one of: <b>, kind, near$"):
        check_field(ASKED, "far")
    queries = RetrievalSet("beir", (Query("q", "Who?"),), ())
    check_field(queries, "kind")
    with pytest.raises(DatasetError, match=r"name one of: kind$"):
        check_field(queries, "near")


def test_a_field_is_refused_before_anything_is_opened(tmp_path):
    asked = tmp_path / "q.jsonl"
    asked.write_text('{"question": "Who?", "near": true}\n', encoding="utf-8")
    options = EvalOptions(asked, Path("/nowhere"), "test", False, None, None, None, None, by="far")
    with pytest.raises(DatasetError, match="no field 'far'"):
        run(options)


def test_the_table_sets_groups_side_by_side(alone):
    out = io.StringIO()
    print_table(alone, Console(file=out, width=100))
    text = out.getvalue()
    assert "By near" in text
    assert re.search(r"figure\s+┃\s+true\s+┃\s+false\s+┃\s+not given", text)
    assert re.search(r"quote_hit\s+│\s+1\.000\s+│\s+0\.000\s+│\s+0\.000", text)
    assert re.search(r"held back\s+│\s+1\s+│\s+0\s+│\s+0", text)
    for loss in Loss:
        assert f"{loss.value}: " in text
    many = replace(alone, by="kind")
    print_table(many, Console(file=io.StringIO(), width=100))


@pytest.mark.slow
def test_the_report_draws_losses_and_curves_for_each_group(alone):
    html = report_html(alone)
    page = Page(html)
    text = " ".join(page.text)
    assert "By near" in text
    assert "Where right answers were lost" in text
    # one for all and one a group, then precision, reliability, recall and latency
    drawn = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(drawn) == 1 + 3 + 4
    assert "All questions: 1 of 5 right answers told (20%)." in text
    assert "Near: true: 1 of 3 right answers told (33%)." in text
    assert "Of 5 questions: not retrieved 1, which leaves 4;" in text
    assert "near: true: 100% right at 20%" in text
    assert len(re.findall(r'<polyline class="line c\d"', html)) == 4
    assert "not retrieved" in text
    for name in ("svg", "figure", "table"):
        assert html.count(f"<{name}") == html.count(f"</{name}>")


@pytest.mark.slow
def test_the_report_escapes_a_field(alone):
    html = report_html(replace(alone, by="<b>"))
    assert "<b>" not in html.replace("<li><b>", "")
    Page(html)


@pytest.mark.slow
def test_the_report_of_two_readers_counts_the_losses_of_both(result):
    text = " ".join(Page(report_html(result)).text)
    assert "theirs" in text
    assert "1 (20%)" in text
