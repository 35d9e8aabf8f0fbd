"""A quote with its source is shown as it is by whatever reads it."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.types import Article, Citation
from tests.ui.library import HOSTILE, TREATY, cite
from ui.citing.annotation import annotation, selectors
from ui.citing.quoting import as_html, as_markdown, as_plain, lines_of, markdown_escaped, one_line
from ui.citing.references import csl
from ui.web.article_details import render_details
from ui.web.article_page import Highlight

QUOTE = "Maria Okafor chaired the session on harbour rules."
CITED = cite(TREATY, QUOTE, "Maria Okafor")


class _Texts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.words = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def shown(text):
    parser = _Texts()
    parser.feed(text)
    return "".join(parser.words), parser.tags


def whole(article):
    return Citation(article, article.text, 0, len(article.text), 0, 2)


def test_plain_text_names_the_source():
    assert as_plain(CITED) == (
        f"“{QUOTE}”\n— Ann Lee, “Ports & people: a “harbour” pact”, Coast Gazette, "
        "12 December 2023, https://coast.example/2023/pact\n"
    )


def test_what_is_not_known_is_left_out():
    bare = Article(id="bare", text="Only words stand here.")
    assert as_plain(whole(bare)) == "“Only words stand here.”\n— “Untitled article”, undated\n"
    assert "](" not in as_markdown(whole(bare))
    assert "<a " not in as_html(whole(bare))


def test_a_quotation_in_markdown_has_both_marks():
    assert as_markdown(CITED).startswith(f"> “{QUOTE}”\n")
    two = replace(TREATY, text="One line.\n\nAnother line.")
    assert as_markdown(whole(two)).startswith("> “One line.\n>\n> Another line.”\n")


def test_markdown_and_html_show_the_same_words():
    for made in (MarkdownIt().render(as_markdown(CITED)), as_html(CITED)):
        words, tags = shown(made)
        assert QUOTE in words
        assert "Ann Lee, Ports & people: a “harbour” pact, Coast Gazette, 12 December 2023" in words
        links = [attributes["href"] for tag, attributes in tags if tag == "a"]
        assert links == ["https://coast.example/2023/pact"]


@pytest.mark.parametrize("preset", ["commonmark", "gfm-like"])
def test_hostile_words_stay_words(preset):
    reader = MarkdownIt(preset, {"html": True, "linkify": False})
    for made in (reader.render(as_markdown(whole(HOSTILE))), as_html(whole(HOSTILE))):
        words, tags = shown(made)
        assert {tag for tag, _ in tags} <= {"blockquote", "p", "em", "footer", "cite", "time"}
        for line in lines_of(HOSTILE.text):
            assert line in words


@given(st.text(max_size=80))
def test_any_line_survives_markdown(text):
    line = one_line(text)
    words, tags = shown(MarkdownIt("commonmark").render(f"> {markdown_escaped(line)}"))
    assert words.strip("\n") == line
    assert {tag for tag, _ in tags} <= {"blockquote", "p"}


def test_selectors_find_the_quote_by_position_and_by_its_surroundings():
    quote, position = selectors(TREATY, CITED.start, CITED.end)
    assert TREATY.text[position["start"] : position["end"]] == QUOTE == quote["exact"]
    around = quote["prefix"] + quote["exact"] + quote["suffix"]
    assert TREATY.text.count(around) == 1
    assert TREATY.text.index(around) + len(quote["prefix"]) == position["start"]


def test_selectors_count_code_points_and_stop_at_the_ends():
    article = Article(id="a", text="😀😀 It rained. 😀")
    start = article.text.index("It")
    quote, position = selectors(article, start, start + 10)
    assert (position["start"], quote["prefix"], quote["suffix"]) == (3, "😀😀 ", " 😀")


def test_an_annotation_has_a_target():
    made = annotation(CITED)
    assert made["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert made["type"] == "Annotation"
    assert made["target"]["source"] == TREATY.url
    kinds = [one["type"] for one in made["target"]["selector"]]
    assert kinds == ["TextQuoteSelector", "TextPositionSelector"]
    hostile = annotation(whole(HOSTILE))["target"]["source"]
    assert hostile.startswith("urn:presscite:article:hostile%22%3E")
    assert annotation(whole(replace(TREATY, url=None)))["target"]["source"] == (
        "urn:presscite:article:treaty-1"
    )


@pytest.mark.parametrize(
    ("in_quotes", "told"), [(True, "said by Aldo *Reik*"), (False, "according to Aldo *Reik*")]
)
def test_a_copied_quote_keeps_its_speaker(in_quotes, told):
    spoken = replace(CITED, speaker="Aldo\n*Reik*", in_quotes=in_quotes)
    assert f"”\n— {told}, Ann Lee, “Ports" in as_plain(spoken)
    for made in (MarkdownIt().render(as_markdown(spoken)), as_html(spoken)):
        words, tags = shown(made)
        assert f"— {told}, Ann Lee, Ports" in words
        assert "em" in {tag for tag, _ in tags} or "<cite>" in made
    assert told in csl(spoken)["note"]
    assert "said by" not in as_plain(CITED) + as_markdown(CITED) + as_html(CITED)


def test_a_hostile_speaker_stays_words():
    spoken = replace(CITED, speaker="<b>Reik</b> **x**", in_quotes=True)
    for made in (MarkdownIt("commonmark").render(as_markdown(spoken)), as_html(spoken)):
        words, tags = shown(made)
        assert "said by <b>Reik</b> **x**" in words
        assert not {"b", "strong"} & {tag for tag, _ in tags}


def test_a_quote_copied_from_its_article_has_its_speaker():
    text = "“A contract is a contract,” said Aldo Reik on Monday. Nobody objected."
    article = replace(TREATY, text=text)
    cited = Highlight(0, text.index(" Nobody"), 1, 25).citation(article)
    assert (cited.speaker, cited.in_quotes) == ("Aldo Reik", True)
    assert "said by Aldo Reik" in render_details(article, [Highlight(0, 53)], [], 0)
