"""Answers in the languages of the page: the fixed words, dates and numbers; quotes as they stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from fastapi.testclient import TestClient

from rag.types import Answer, Candidate, Citation, TimeGap
from tests.ui.library import HOSTILE, RECOUNT, TREATY, SmallLibrary, abstained, answered, cite
from tests.ui.web.test_render import Reading, read
from ui.interface_text import words_of
from ui.web.render import render_answer, render_error
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

ASKED = date(2024, 2, 10)
QUOTE = "Maria Okafor chaired the session on harbour rules."


def chaired(*more: Candidate, quoted: Citation | None = None) -> Answer:
    best = quoted or cite(TREATY, QUOTE, "Maria Okafor")
    return replace(
        answered("Who chaired it?", Candidate("Maria Okafor", 0.91, (best,)), *more), as_of=ASKED
    )


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "vi",
            (
                "Nguồn [1] · Gần như chắc chắn đúng · Đăng ngày 12/12/2023, 60 ngày trước ngày hỏi",
                "chắc chắn 91%.",
                "Theo Ann Lee, bằng chính lời của người nói",
                "trang của tờ báo",
                "Các câu xung quanh",
            ),
        ),
        (
            "zh",
            (
                "出处 [1] · 几乎肯定正确 · 2023年12月12日报道，提问日前 60 天",
                "91% 把握.",
                "据 Ann Lee，为说话人原话",
                "媒体原页",
                "上下文",
            ),
        ),
    ],
)
def test_an_answer_is_told_in_the_pages_language(language: str, lines: tuple[str, ...]) -> None:
    spoken = replace(cite(TREATY, QUOTE, "Maria Okafor"), speaker="Ann Lee", in_quotes=True)
    html = render_answer(chaired(quoted=spoken), words=words_of(language))
    text = read(html).text
    for line in lines:
        assert line in text
    assert html.startswith(f'<div class="pc-message" lang="{language}">')
    assert '<blockquote class="pc-quote" dir="auto" lang="en">' in html
    assert QUOTE in text


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "vi",
            ("Các bài báo không nói.", "Không phải câu trả lời, nhưng gần", "vào ngày 9/1/2026"),
        ),
        ("zh", ("报道中没有提到。", "不是答案，但相近", "在2026年1月9日")),
    ],
)
def test_an_abstention_and_a_gap_are_told_in_it(language: str, lines: tuple[str, ...]) -> None:
    gap = TimeGap(date(2026, 1, 9), date(2026, 1, 9), date(2023, 12, 12))
    silent = replace(abstained("What is the price of tea?"), time_gap=gap)
    text = read(render_answer(silent, words=words_of(language))).text
    for line in lines:
        assert line in text


def test_a_quote_in_the_pages_language_is_not_marked_and_none_is_broken_by_markup() -> None:
    own = replace(TREATY, language="vi")
    html = render_answer(chaired(quoted=cite(own, QUOTE, "Maria Okafor")), words=words_of("vi"))
    assert html.count('lang="') == 1
    english = render_answer(chaired(quoted=cite(own, QUOTE, "Maria Okafor")))
    assert '<blockquote class="pc-quote" dir="auto" lang="vi">' in english
    hostile = replace(HOSTILE, language='x"><script>')
    bad = chaired(quoted=cite(hostile, HOSTILE.text, "pirate captain"))
    assert "<script" not in render_answer(bad, words=words_of("zh"))


@pytest.mark.parametrize("language", ["vi", "zh"])
def test_no_english_is_left_around_the_quotes(language: str) -> None:
    words = words_of(language)
    first = cite(RECOUNT, "Over 30 were signed, aides said.", "Over 30")
    undated = replace(first, article=replace(RECOUNT, published=None, title=""))
    others = [
        Candidate("Over 30", 0.3, (first,), relation="different"),
        Candidate("Over 30", 0.3, (undated,), relation="changed"),
        Candidate("Over 30", 0.3, (undated,)),
    ]
    whole = render_answer(chaired(*others), words=words) + render_error("x", words)
    english = words_of("en")
    for name in ("different", "without_date", "also", "untitled", "undated", "how_sure", "source",
                 "around", "publisher", "almost_certain", "no_answer"):  # fmt: skip
        assert english(name) not in read(whole).text, name


def test_the_page_of_a_question_tells_it_in_the_language_of_its_address() -> None:
    client = TestClient(build_api(QueuedAnswerer(SmallLibrary())), base_url="http://127.0.0.1")
    page = client.get("/ask", params={"q": "Who chaired the session?", "lang": "vi"}).text
    assert "Gần như chắc chắn đúng" in Reading(page).text
    assert '<input type="hidden" name="lang" value="vi">' in page
    english = client.get("/ask", params={"q": "Who chaired the session?", "lang": "xx"}).text
    assert "Almost certainly right" in Reading(english).text
    assert 'name="lang"' not in english
