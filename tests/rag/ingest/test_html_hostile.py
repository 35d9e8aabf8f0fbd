"""Pages made to take all memory or time, or to be read as what they are not."""

import contextlib
import random

import pytest

from eval.lab.extraction import pages
from rag.errors import SourceError
from rag.ingest.formats.html import read_page
from rag.ingest.options import Hints

PARAGRAPH = (
    f"<p>{'The council met on Tuesday and voted for the bridge, which will open in May. ' * 4}</p>"
)
STORY = PARAGRAPH + PARAGRAPH.replace("bridge", "tunnel")


def page(head="", body=""):
    return (
        f"<!doctype html><html><head><title>A bridge at last</title>{head}</head>"
        f"<body><h1>A bridge at last</h1>{body}</body></html>"
    ).encode()


def linked_data(text):
    return page(f'<script type="application/ld+json">{text}</script>', STORY)


ARTICLE = '<div itemscope itemtype="http://schema.org/Article">'
KEPT = {
    "fonts never closed": page(body=f"<font size=2>{PARAGRAPH}" * 300),
    "a paragraph of 400 kB without a space": page(body=f"{STORY}<p>{'x' * 400_000}</p>"),
    "class names of 1 MB": page(body=f'<div class="{"a-" * 500_000}">{STORY}</div>'),
    "a title of 1 MB": page(head=f"<title>{'t ' * 500_000}</title>", body=STORY),
    "a comment of 1 MB": page(body=f"<!--{'-' * 1_000_000}-->{STORY}"),
    "JSON-LD 100,000 deep": linked_data("[" * 100_000 + "]" * 100_000),
    "JSON-LD that is cut off": linked_data('{"@type": "NewsArticle", "headline": "A'),
    "JSON-LD of other types": linked_data(
        '{"@type": ["NewsArticle", {"a": 1}], "headline": {"a": []}, "url": [{}],'
        ' "author": [null, 1, {"name": [1, {}]}, [[]]], "publisher": [[], {}], "datePublished": [],'
        ' "mainEntityOfPage": {"@id": {}}}'
    ),
    "JSON-LD that refers to itself": linked_data(
        '{"@graph": [{"@type": "NewsArticle", "publisher": {"@id": "a"}, "author": {"@id": "b"}},'
        ' {"@id": "a", "@type": "x"}, {"@id": "b"}]}'
    ),
    "scopes in scopes": page(body=f'{ARTICLE * 150}<span itemprop="headline">x</span>{STORY}'),
    "a cell that spans 10 million": page(
        body=f"{STORY}<table><tr><td rowspan=9999999 colspan=9999999>a</td><td>b</td></tr></table>"
    ),
    "half a character": page(body=STORY).replace(b"Tuesday", b"\xed\xa0\x80"),
    "UTF-16": page(body=STORY).decode().encode("utf-16"),
    "an XML declaration of another encoding": b'<?xml version="1.0" encoding="utf-16"?>'
    + page(body=STORY),
    "control characters": page(body=f"<aside>a</aside>&#1;\x02{STORY}"),
    "NUL between words": page(body=STORY.replace("council met", "council \x00met")),
}
SKIPPED = {
    "deep": (page(body="<div>" * 20_000 + STORY), "nested"),
    "tables never closed": (page(body="<table><tr><td>" * 2000 + STORY), "nested"),
    "100,000 attributes": (
        page(body=f"<div {' '.join(f'a{n}=1' for n in range(100_000))}>{STORY}</div>"),
        "attributes",
    ),
    "bytes": (b"\0\1" * 1000, "not a web page"),
    "a PDF": (b"%PDF-1.7\n%abc", "not a web page"),
    "nothing": (b"", "no markup"),
    "words": (b"just words", "no markup"),
    "a frameset": (b"<html><frameset><frame src=a></frameset></html>", "without a story"),
    "a drawing": (b"<svg><text>hi</text></svg>", "without a story"),
    "links": (page(body="<a href=x>a</a> " * 5000), "without a story"),
}
SLOW = {
    "60,000 lines": page(body=f"{STORY}<div>{'line of text<br>' * 60_000}</div>"),
    "20,000 authors": page(
        head="".join(f'<meta name="author" content="Ann B{n}">' for n in range(20_000)), body=STORY
    ),
    "a line of 20,000 dates": page(body=f"<p>{'3 March 2026 ' * 20_000}</p>{STORY}"),
    "20,000 articles in JSON-LD": linked_data(
        "[" + ",".join(['{"@type": "NewsArticle", "headline": "x"}'] * 20_000) + "]"
    ),
    "5,000 articles in microdata": page(
        body=f'{ARTICLE}<span itemprop="author">x</span></div>' * 5000 + STORY
    ),
    "20,000 rows": page(body=f"<table>{'<tr><td>a</td><td>b</td></tr>' * 20_000}</table>{STORY}"),
    "20,000 items that are links": page(
        body=f"<ul>{'<li><a href=x>A link of many words</a></li>' * 20_000}</ul>{STORY}"
    ),
    "a byline of 200 kB": page(body=f"<p class=byline>By {'Aa ' * 70_000}</p>{STORY}"),
}


@pytest.mark.parametrize("name", KEPT)
def test_odd_markup_leaves_the_story(name):
    article = read_page(KEPT[name], name)
    assert "voted for the bridge" in article.text
    assert article.published is None
    assert len(article.authors) < 40
    assert len(article.title) < 1000


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_long_pages_end(name):
    with contextlib.suppress(SourceError):
        assert read_page(SLOW[name], name).text


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_no_page_is_told(name):
    data, reason = SKIPPED[name]
    with pytest.raises(SourceError, match=reason):
        read_page(data, name)


def test_a_page_of_any_size_is_refused():
    with pytest.raises(SourceError, match="too large"):
        read_page(b"<p>" + b"x" * 20_000_000, "large")


def test_a_page_never_names_a_file_or_a_script_as_its_address():
    for address in (
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://user:pw@example.org/",
        "//",
    ):
        data = page(head=f'<link rel="canonical" href="{address}">', body=STORY)
        assert read_page(data, "x").url is None


@pytest.mark.slow
def test_damaged_pages_are_read_or_told():
    draw = random.Random(1)
    sound = [data for _, data, _ in pages("dev")]
    for _ in range(200):
        data = bytearray(draw.choice(sound))
        for _ in range(draw.randrange(1, 40)):
            start = draw.randrange(len(data))
            end = data.find(b">", start) + 1
            if draw.random() < 0.5:
                data[start] = draw.randrange(256)
            elif end:
                del data[start:end]
        with contextlib.suppress(SourceError):
            read_page(bytes(data[: draw.randrange(len(data))]), "x")


@pytest.mark.parametrize(
    ("fetched", "canonical", "url"),
    [
        ("https://evil.example/a", "https://victim.example/a", "https://evil.example/a"),
        ("https://evilvictim.example/a", "https://victim.example/a", "https://evilvictim.example/a"),
        ("https://www.google.foo.bd/amp/s/victim.example/a", "https://victim.example/a",
         "https://www.google.foo.bd/s/victim.example/a"),
        ("https://evil.example/web/2026/https://victim.example/a", "https://victim.example/a", None),
        ("http://m.news.victim.example/b", "https://www.victim.example/a", "https://www.victim.example/a"),
        ("https://web.archive.org/web/2026/http://victim.example/b", "https://victim.example/a",
         "https://victim.example/a"),
        ("https://victim-example.cdn.ampproject.org/c/s/victim.example/b", "https://victim.example/a",
         "https://victim.example/a"),
    ],
)  # fmt: skip
def test_a_page_never_takes_the_address_of_another_site(fetched, canonical, url):
    head = (
        f'<link rel="canonical" href="{canonical}"><meta property="og:url" content="{canonical}">'
    )
    article = read_page(page(head=head, body=STORY), "x", hints=Hints(url=fetched))
    assert article.url == (url or fetched)


def test_a_page_saved_by_a_browser_never_takes_the_address_of_another_site():
    head = '<link rel="canonical" href="https://victim.example/a">'
    saved = b"<!-- saved from url=(0022)https://evil.example/a -->"
    article = read_page(saved + page(head=head, body=STORY), "x")
    assert article.url == "https://evil.example/a"
