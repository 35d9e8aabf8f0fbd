"""The pages that extraction is measured by, and the measures."""

import json

import pytest

from eval.lab.extraction import FACTS, PAGES, Found, evaluate, means, pages, score

TRUTH = dict.fromkeys(FACTS) | {"title": "A b", "text": ["One two three four five."]}


def test_pages_are_many_and_no_site_is_in_both_halves():
    found = list(pages("all"))
    assert len(found) >= 60
    sites = [{path.name for path in (PAGES / half).iterdir()} for half in ("dev", "test")]
    assert all(len(names) >= 6 for names in sites)
    assert not sites[0] & sites[1]
    for name, _, truth in found:
        assert truth.keys() == {"skip"} or truth.keys() == {*FACTS, "text"}, name
    for path in PAGES.rglob("*.json"):
        assert path.with_suffix(".html").is_file()
        json.loads(path.read_text(encoding="utf-8"))


def test_text_is_compared_by_words_and_by_four_of_them():
    same = score("x", TRUTH, Found("five ONE, two three four", {"title": "a  B"})).values
    assert same["words F1"] == 1.0
    assert same["4-gram F1"] == pytest.approx(0.5)
    assert same["title"] == 1.0
    half = score("x", TRUTH, Found("one two three four five a b c d e")).values
    assert half["words F1"] == pytest.approx(2 * 5 / 15)


def test_a_page_without_a_story_counts_for_being_told_as_one():
    assert score("x", {"skip": "wall"}, Found(skipped="a wall")).values == {"skip": 1.0}
    assert score("x", {"skip": "wall"}, Found("text")).values == {"skip": 0.0}
    missed = score("x", TRUTH, Found(skipped="a wall")).values
    assert (missed["skip"], missed["words F1"]) == (0.0, 0.0)


@pytest.mark.slow
def test_ours_is_right_on_the_development_half():
    averages = means(evaluate("dev", ["ours"])["ours"])
    for figure in ("title", "published", "date_origin"):
        assert averages[figure] >= 0.95
    assert averages["words F1"] >= 0.95
    assert averages["skip"] >= 0.95
