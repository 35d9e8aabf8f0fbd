"""The five raw articles beside the project: their metadata, nothing of the page, all of the story."""

from datetime import date

import pytest
import regex

from rag.ingest import read_sources
from rag.text.normalise import normalise
from rag.text.sentences import sentence_spans

FURNITURE = [
    "WORDS ON THE STREET", "Photo: Nhat Bac", "Source: VNA", "22:49", "Báo In", "Update:", "12:38:10",
    "Quay lên trên", "Mời quý độc giả", "Related", "Comment (0)", "Web editor", "13:14", " |", "| ",
]  # fmt: skip
EXPECTED = {
    "000": ("Vietnam, China determined to push forward", date(2023, 12, 12), None),
    "001": ("Vietnam prioritises developing ties with China", date(2022, 11, 1), None),
    "002": ("Vietnam and China told to deepen", None, "VOV"),
    "003": (None, None, None),
    "004": ("News Analysis: Upgrade of China-Vietnam ties", date(2023, 12, 15), "Xinhua"),
}
# What a line of the page is but the story is not: menus, captions without a sentence, credits.
NO_SENTENCE = regex.compile(
    r"^WORDS ON|^Mời quý|^\(Web editor|^\(Xinhua\) 13|22:49$|Báo In$|Nhat Bac$|: VNA\)? ?\|?$"
)


@pytest.fixture(scope="module")
def articles(corpus):
    found = list(read_sources([str(corpus)]))
    assert len(found) == 5
    return {article.sources[0].rsplit("/", 1)[-1][:3]: article for article in found}


@pytest.mark.parametrize("number", EXPECTED)
def test_title_date_and_outlet(articles, number):
    title, published, outlet = EXPECTED[number]
    article = articles[number]
    assert (article.published, article.outlet, article.language) == (published, outlet, "en")
    assert (article.title is None) == (title is None)
    assert (article.title or "").startswith(title or "")


@pytest.mark.parametrize("number", EXPECTED)
def test_nothing_of_the_page_is_left(articles, number):
    text = articles[number].text
    assert [item for item in FURNITURE if item in text] == []


@pytest.mark.parametrize("number", EXPECTED)
def test_no_sentence_of_the_story_is_lost(articles, corpus, number):
    raw = normalise(next(corpus.glob(f"{number}_*")).read_text(encoding="utf-8"))
    article = articles[number]
    kept = f"{article.title}\n{article.text}"
    lost = []
    for line in raw.split("\n"):
        if NO_SENTENCE.search(line):
            continue
        for start, end in sentence_spans(line):
            sentence = line[start:end]
            if len(sentence.split()) >= 5 and sentence not in kept:
                lost.append(sentence[:40])
    assert lost == []


def test_the_doubled_teaser_is_kept_once(articles):
    text = articles["002"].text
    for name in ("Nguyen Minh Vu", "Nong Rong", "well realize high-level"):
        assert text.count(name) == 1


def test_facts_that_only_one_line_holds(articles):
    assert "36 cooperation agreements" in articles["000"].text
    assert "no less than 1,000 government scholarships" in articles["001"].text
    assert "Haikou" in articles["003"].text
    assert "1.45 trillion yuan" in articles["004"].text
