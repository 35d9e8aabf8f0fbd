"""The report and the table: well-formed, self-contained, escaped, and holding the figures."""

import base64
import hashlib
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from eval.answer_runs import run_questions
from eval.charts import count
from eval.datasets import Query, Question, QuestionSet, RetrievalSet
from eval.report import report_html, write_report
from eval.result import FIGURES, Outcome, Result
from eval.retrieval_runs import run_queries
from eval.table import print_table
from tests.eval.test_runner import (
    ANSWERS,
    EVIL,
    HANOI,
    HUE,
    QUESTIONS,
    WrittenDown,
    candidate,
    passage,
)

VOID = {"meta", "input", "br", "img", "link", "hr"}


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that every tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text, self.marked = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.open and self.open[-1] == "mark":
            self.marked.append(data)


@pytest.fixture(scope="module")
def result():
    library = WrittenDown(ANSWERS)
    return run_questions(QUESTIONS, library, library)


@pytest.fixture(scope="module")
def html(result):
    return report_html(result)


@pytest.mark.slow
def test_holds_figures_questions_and_verdicts(result):
    page = Page(report_html(result, made=datetime(2024, 5, 6, 7, 8)))
    text = " ".join(page.text)
    assert "7 questions, 5 answerable" in text
    assert "2024-05-06 07:08" in text
    for name in FIGURES:
        assert name in text
    for question in QUESTIONS.questions:
        assert question.question in text
    for outcome in Outcome:
        assert outcome.value in text
    assert "8 million" in page.marked
    assert "earlier: Who?" in text
    assert "0.600" in text
    assert sum(tag == "svg" and "role" in attrs for tag, attrs in page.tags) == 5


def test_is_self_contained(html):
    page = Page(html)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object"}
    for _, attributes in page.tags:
        assert not {"src", "style", "onload", "onclick"} & attributes.keys()
    assert "@import" not in html
    assert "url(" not in html
    style = re.search(r"<style>(.*?)</style>", html, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert f"'sha256-{digest}'" in policy


def test_every_filter_has_its_label_and_rule(html):
    page = Page(html)
    radios = [a["id"] for t, a in page.tags if t == "input"]
    assert [a["for"] for t, a in page.tags if t == "label"] == radios
    # One more for all and one for what went wrong; then where it was lost, and one for all.
    assert len(radios) == 2 + len(Outcome) + 1 + 5
    for outcome in Outcome:
        assert f'class="q {outcome.name.lower().replace("_", "-")}' in html


def test_hostile_text_is_escaped():
    hostile = "</style><script>alert(1)</script>\"'&"
    quote = EVIL.text
    answers = {
        hostile: (
            (candidate(EVIL, "<script>alert('x')</script>", quote, 0.5, "javascript:alert(1)"),),
            False,
            (passage(EVIL),),
        )
    }
    library = WrittenDown(answers)
    asked = Question(hostile, hostile, (hostile,), ("evil",), kind=hostile)
    result = run_questions(QuestionSet(hostile, (asked,)), library, library)
    html = report_html(result)
    page = Page(html)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img"}
    assert html.count("</style>") == 1
    assert "javascript:" not in html
    assert "<script>alert('x')</script>" in page.marked
    assert hostile in " ".join(page.text)


@pytest.mark.slow
def test_links_are_kept():
    link = "https://example.org/a?x=1&y=2#:~:text=Hanoi"
    answers = {"right": ((candidate(HANOI, "8 million", HANOI.text, 0.9, link),), False, ())}
    library = WrittenDown(answers)
    result = run_questions(QuestionSet("x", QUESTIONS.questions[:1]), library, library)
    page = Page(report_html(result))
    assert [a["href"] for t, a in page.tags if t == "a"] == [link]
    assert "News & Co · On <b>Hanoi</b>" in "".join(page.text)


def test_retrieval_only_and_empty(tmp_path):
    class Searcher:
        def search(self, question, *, k=10):
            return [passage(HUE)]

    data = RetrievalSet("beir", (Query("q", "Who?", {"hue": 1}),), ())
    result = run_queries(data, Searcher(), {"hue": HUE})
    write_report(result, tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "nDCG 1.00" in " ".join(page.text)
    assert "quote_hit" not in " ".join(page.text)
    Page(report_html(Result("nothing", ())))


def test_interrupted_is_said(result):
    html = report_html(Result("x", result.records[:2], ("A note.",), interrupted=True))
    assert "interrupted" in html
    assert "A note." in html


@pytest.mark.slow
def test_equal_runs_give_equal_pages():
    assert _page_in_process("1") == _page_in_process("2")


def _page_in_process(seed):
    """Return the page that another process makes, whose sets have another order."""
    code = (
        "import sys; from dataclasses import replace; from eval.answer_runs import run_questions\n"
        "from eval.report import report_html; from tests.eval import test_runner as made\n"
        "library = made.WrittenDown(made.ANSWERS)\n"
        "run = run_questions(made.QUESTIONS, library, library)\n"
        "records = tuple(replace(one, latency_ms=7.0) for one in run.records)\n"
        "other = replace(run, records=records, reader='other')\n"
        "told = replace(other, reader='one', compared=other, by='kind')\n"
        "sys.stdout.buffer.write(report_html(told).encode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
        timeout=100,
    )
    assert b"one against other" in done.stdout
    return done.stdout


def test_one_is_told_in_the_singular():
    library = WrittenDown(ANSWERS)
    answerable = next(one for one in QUESTIONS.questions if one.answerable)
    alone = run_questions(replace(QUESTIONS, questions=(answerable,)), library, library)
    html, out = report_html(alone), io.StringIO()
    print_table(alone, Console(file=out, width=120))
    for told in (html, out.getvalue()):
        assert "1 question, 1 answerable" in told
        assert "1 questions" not in told
    assert "of 1 right answer told" in html


def test_what_no_encoding_has_spoils_no_report(tmp_path):
    library = WrittenDown(ANSWERS)
    odd = replace(QUESTIONS.questions[0], answers=("\ud800", "36"))
    run = run_questions(replace(QUESTIONS, questions=(odd,)), library, library)
    write_report(run, tmp_path / "report.html")
    assert "36" in (tmp_path / "report.html").read_text("utf-8")


def test_table(result):
    out = io.StringIO()
    print_table(result, Console(file=out, width=120))
    text = out.getvalue()
    assert "tiny: 7 questions, 5 answerable" in text
    assert re.search(r"quote_hit\s+[│|]\s+0\.600", text)
    assert "1  abstained though answerable" in text


@pytest.mark.parametrize(
    ("most", "end"),
    [(0.5, 1), (3, 3), (4, 4), (5, 6), (9, 10), (17, 20), (1000, 1000), (1001, 1500)],
)
def test_axes_end_at_round_ticks(most, end):
    axis = count("n", most)
    assert axis.end == end
    assert axis.ticks[-1] == end
    assert axis.end >= most
