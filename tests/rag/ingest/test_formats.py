"""Text, Markdown and JSONL to articles; what is broken or hostile is skipped with its reason."""

import io
import json
import time
from datetime import date
from itertools import pairwise

import pytest

from rag.errors import SourceError
from rag.ingest.formats import read_jsonl, read_markdown, read_text
from rag.types import Article, Skipped

STORY = "The council of Bregenz rejected the new tram line by 14 votes to 9."


def markdown(front, body=STORY):
    return read_markdown(f"---\n{front}\n---\n\n{body}\n".encode(), "/news/a.md")


def test_a_line_without_id_is_not_the_one_whose_id_is_its_number():
    lines = b'{"text": "Alfa built it."}\n{"text": "Bravo built it.", "id": "1"}\n'
    found = list(read_jsonl(io.BytesIO(lines), "/news/a.jsonl"))
    assert [one.sources for one in found] == [("/news/a.jsonl#1",), ("/news/a.jsonl#id=1",)]


def test_front_matter():
    article = markdown(
        "title: 'Tram line: rejected'\noutlet: Lake Wire\npublished: 2030-06-01\n"
        "url: https://example.org/tram\nauthors: [Ann Other, Bo Third]\nlanguage: EN\nid: t-1\n"
        "retells: a report by Hill Post, 30 May 2030"
    )
    assert article == Article(
        id="t-1", text=STORY, title="Tram line: rejected", outlet="Lake Wire",
        published=date(2030, 6, 1), url="https://example.org/tram",
        authors=("Ann Other", "Bo Third"), language="en", sources=("/news/a.md",),
        retells="a report by Hill Post, 30 May 2030",
    )  # fmt: skip


def test_a_line_of_json_says_what_it_retells():
    lines = b'{"text": "Alfa built it.", "retells": "a report\\nby Hill Post"}\n{"text": "B", "retells": [1]}'
    one, two = read_jsonl(io.BytesIO(lines), "/news/a.jsonl")
    assert one.retells == "a report by Hill Post"
    assert two == Skipped("/news/a.jsonl#2", "its retells is not a string")


def test_front_matter_is_read_as_plain_strings():
    article = markdown("title: No\noutlet: 1984\nauthor: Ann\nurl: ~\npublished: 5 December 2030")
    assert (article.title, article.outlet, article.authors) == ("No", "1984", ("Ann",))
    assert (article.url, article.published) == (None, date(2030, 12, 5))


@pytest.mark.parametrize("front", ["", "# only a comment", "title:\nauthors:\npublished: null"])
def test_empty_front_matter(front):
    article = read_markdown(f"---\n{front}\n---\n# Head\n\n{STORY}".encode(), "a")
    # Directly followed by a blank line, "---" is a rule, and the heading no longer the first thing.
    assert article.text.endswith(STORY)
    assert article.published is None


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("title: Talks: the end", "not YAML: mapping values"),
        ("title: 'open", "not YAML"),
        ("- a\n- b", "not a list of 'name: value'"),
        ("just words", "not a list of 'name: value'"),
        ("title: [a, b]", "title is not a string"),
        ("title: {a: b}", "title is not a string"),
        ("published: 2030-13-45", "published: '2030-13-45' is no date"),
        ("authors: {a: b}", "authors are not a list of names"),
        ("authors: [[a]]", "authors are not a list of names"),
        ("url: javascript:alert(1)", "url 'javascript:alert"),
        ("url: https://user@example.org/", "not a plain http"),
        ("id: " + "x" * 201, "longer than 200"),
        # Hostile
        ("a: &a [x]\nb: *a", "aliases"),
        ("a: " + "[" * 9000, "nested too deep"),
        ("a: " + "{a: " * 4000, "nested too deep"),
        ("- " * 9000, "nested too deep"),
        ("a: " + "x" * 100_000, "too long"),
        ("? [a]\n: b", "not YAML"),
    ],
)
def test_bad_front_matter_is_refused_quickly(front, reason):
    started = time.perf_counter()
    with pytest.raises(SourceError, match=reason):
        markdown(front)
    assert time.perf_counter() - started < 2


def test_a_tag_makes_no_object(tmp_path):
    article = markdown(f"other: !!python/object/apply:os.mkdir ['{tmp_path}/x']\noutlet: a")
    assert article.outlet == "a"
    assert list(tmp_path.iterdir()) == []


def test_billion_laughs_are_not_told():
    lines = ["a: &a [lol, lol]"]
    lines += [f"{b}: &{b} [*{a},*{a},*{a}]" for a, b in pairwise("abcdefghij")]
    with pytest.raises(SourceError, match="aliases"):
        markdown("\n".join(lines))


def test_a_rule_is_no_front_matter():
    article = read_markdown(f"---\n\nIntroduction.\n\n---\n\n{STORY}".encode(), "a")
    assert article.text == f"Introduction.\n\n{STORY}"
    assert STORY in read_markdown(f"---\n{STORY}".encode(), "a").text


def test_markdown_becomes_its_words():
    body = (
        "# Tram line rejected\n\nThe **council** of [Bregenz](https://example.org) voted\n"
        "*again*.<script>x()</script>\n\n- first\n- second\n\n| a | b |\n|---|---|\n| c | d |\n\n"
        "> quoted `code`\n"
    )
    article = read_markdown(body.encode(), "a")
    assert article.title == "Tram line rejected"
    assert article.text.startswith("The council of Bregenz voted again.")
    assert [
        word for word in ("first", "second", "c", "d", "quoted code") if word not in article.text
    ] == []
    assert "*" not in article.text
    assert "<" not in article.text
    assert "](" not in article.text


@pytest.mark.parametrize(
    "bomb", ["[" * 20_000, ">" * 20_000, "**a " * 10_000, "- " * 5000, "<a " * 20_000]
)
def test_markdown_bombs_end(bomb):
    started = time.perf_counter()
    assert STORY in read_markdown(f"{bomb}\n\n{STORY}".encode(), "a").text
    assert time.perf_counter() - started < 5


def test_text_file_in_each_encoding_is_the_same_article():
    raw = f"Café line rejected again\nMay 3, 2030\n\n{STORY} “Née” – yes.\n"
    encodings = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
    made = [read_text(raw.encode(encoding), "a") for encoding in encodings]
    made.append(read_text(raw.replace("\n", "\r\n").encode(), "a"))
    assert made[0].title == "Café line rejected again"
    assert made[0].published == date(2030, 5, 3)
    assert all(article == made[0] for article in made)


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"--- ... !!!"])
def test_empty_text_is_refused(data):
    with pytest.raises(SourceError, match="empty"):
        read_text(data, "a")


# JSONL


def jsonl(*records, encoding="utf-8"):
    lines = [one if isinstance(one, str) else json.dumps(one) for one in records]
    return list(read_jsonl(io.BytesIO("\n".join(lines).encode(encoding)), "/news/a.jsonl"))


def test_jsonl_reports_a_bad_line_and_goes_on():
    found = jsonl(
        {"text": STORY}, "{broken", "", {"text": STORY, "id": "w2", "published": "2030-06-01"}
    )
    assert isinstance(found[0], Article)
    assert found[0].sources == ("/news/a.jsonl#1",)
    assert found[1] == Skipped("/news/a.jsonl#2", found[1].reason)
    assert "not JSON" in found[1].reason
    assert (found[2].id, found[2].sources) == ("w2", ("/news/a.jsonl#w2",))
    assert found[2].published == date(2030, 6, 1)
    assert len(found) == 3


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "no 'text'"),
        ({"text": None}, "no 'text'"),
        ({"text": ["a"]}, "no 'text'"),
        ({"text": "  "}, "empty"),
        ([STORY], "not a JSON object"),
        ("null", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ({"text": STORY, "title": ["a"]}, "title is not a string"),
        ({"text": STORY, "outlet": True}, "outlet is not a string"),
        ({"text": STORY, "authors": 7}, "authors are not"),
        ({"text": STORY, "authors": ["a", None]}, "authors are not"),
        ({"text": STORY, "published": "yesterday"}, "no date"),
        ({"text": STORY, "url": "data:text/html,x"}, "not a plain http"),
        ({"text": STORY, "url": "http://a.example/\ud800"}, "not a plain http"),
        ({"text": STORY, "url": "http://[::1"}, "not a plain http"),
        ({"text": STORY, "url": "https://"}, "not a plain http"),
        ({"text": STORY, "id": "x" * 201}, "longer than 200"),
        ({"text": STORY, "id": "\u200b"}, "its id"),
        ('{"text": "a", "id": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_jsonl_line_that_is_no_article(record, reason):
    bad, good = jsonl(record, {"text": STORY})
    assert isinstance(bad, Skipped)
    assert reason in bad.reason
    assert len(bad.reason) < 300
    assert good.text == STORY


def test_jsonl_numbers_and_blanks_are_taken_as_text():
    (article,) = jsonl({"text": STORY, "title": 1984, "outlet": " ", "id": 7, "authors": "Ann"})
    assert (article.title, article.outlet, article.id) == ("1984", None, "7")
    assert article.authors == ("Ann",)


def test_jsonl_text_is_not_cleaned_of_lines_but_of_lone_surrogates():
    (article,) = jsonl({"text": f"Comment (0)\nRelated\n{STORY}\ud800", "title": "\udfff Tram"})
    assert article.text == f"Comment (0)\nRelated\n{STORY}"
    assert article.title == "Tram"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_jsonl_encodings(encoding):
    lines = [f'{{"text": "Café {n}"}}' for n in range(3)]
    found = jsonl(*lines, encoding=encoding)
    assert [article.text for article in found] == ["Café 0", "Café 1", "Café 2"]


def test_jsonl_line_separators_inside_strings_end_no_line():
    (article,) = jsonl('{"text": "one\u2028two words"}')
    assert article.text == "one\ntwo words"


def test_absurdly_long_line_is_skipped_and_the_rest_read(monkeypatch):
    monkeypatch.setattr("rag.ingest.formats._MAX_LINE", 1000)
    long, good = jsonl({"text": "word " * 2000}, {"text": STORY})
    assert "too large" in long.reason
    assert long.source == "/news/a.jsonl#1"
    assert good.text == STORY
    assert good.sources == ("/news/a.jsonl#2",)


def test_absurdly_large_text_is_refused(monkeypatch):
    monkeypatch.setattr("rag.ingest.article.MAX_CHARACTERS", 1000)
    with pytest.raises(SourceError, match="too large: 4,999"):
        read_text(b"word " * 1000, "a")
