"""Text, Markdown and JSONL to articles; what is broken or hostile is skipped with its reason."""
# ruff: noqa: E501

import contextlib
import io
import json
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.ingest.formats import read_jsonl, read_markdown, read_text
from rag.ingest.notes import ignore
from rag.ingest.options import ReadOptions
from rag.types import Article, Skipped

STORY = "The council of Bregenz rejected the new tram line by 14 votes to 9."


def markdown(front, body=STORY, on_note=ignore):
    return read_markdown(
        f"---\n{front}\n---\n\n{body}\n".encode(), "/news/a.md", ReadOptions(on_note)
    )


def test_a_row_is_named_by_its_id_else_its_address_else_its_content():
    rows = [{"text": "Alfa built it."}, {"text": "Bravo built it.", "id": "1"},
            {"text": "Cy built it.", "url": "https://example.org/c"}]  # fmt: skip
    named = [one.sources[0].partition("#")[2] for one in jsonl(*rows)]
    assert named == [jsonl(rows[0])[0].id, "id=1", "https://example.org/c"]
    # Whatever line it stands on, and whatever stands at its line in the next export.
    assert {one.sources[0].partition("#")[2] for one in jsonl(*rows[::-1])} == set(named)


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
        retells="a report by Hill Post, 30 May 2030", date_origin="metadata",
    )  # fmt: skip


def test_a_line_of_json_says_what_it_retells():
    lines = b'{"text": "Alfa built it.", "retells": "a report\\nby Hill Post"}\n{"text": "B", "retells": [1]}'
    notes = []
    one, two = read_jsonl(io.BytesIO(lines), "/news/a.jsonl", ReadOptions(notes.append))
    assert (one.retells, two.retells) == ("a report by Hill Post", None)
    assert [(note.source, note.message) for note in notes] == [
        ("/news/a.jsonl#2", "its retells is not a string; dropped")
    ]


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
    ("front", "field", "value", "note"),
    [
        ("title: Talks: the end", "title", "Talks: the end", "not YAML"),
        ("title:\tTalks end", "title", "Talks end", "not YAML"),
        ("title: 'open", "title", "open", "not YAML"),
        ("title: {{title}}\noutlet: Lake Wire", "title", None, "template"),
        ("title: <% tp.file.title %>", "title", None, "template"),
        ("title: [a, b]", "title", None, "title is not a string"),
        ("title: {a: b}", "title", None, "title is not a string"),
        ("published: 2030-13-45", "published", None, "'2030-13-45' names no day"),
        ("date: n/a", "published", None, "'n/a' names no day"),
        ("authors: {a: b}", "authors", (), None),
        ("authors: [[a], Ann Other]", "authors", ("Ann Other",), "is not a name"),
        ("author:\n  name: Ann Other\n  mail: a@b.c", "authors", ("Ann Other",), None),
        ("author: By Ann Other, Bo Third and Cy Fourth", "authors", ("Ann Other", "Bo Third", "Cy Fourth"), None),
        ("author: Other, Ann", "authors", ("Other, Ann",), None),
        ("author: Ann Other, Jr. and Bo Third", "authors", ("Ann Other, Jr.", "Bo Third"), None),
        ("author: Department of Trade and Industry", "authors", ("Department of Trade and Industry",), None),
        ("source:\n  name: Lake Wire\n  url: https://example.org/a", "outlet", "Lake Wire", None),
        ("url: javascript:alert(1)", "url", None, "url 'javascript:alert"),
        ("url: https://user@example.org/", "url", None, "not a plain http"),
        ("outlet: n/a", "outlet", None, None),
        ("title: A &amp; B &ldquo;sign&rdquo;", "title", "A & B “sign”", None),
        ("title: Rules\n? [a]\n: b", "title", "Rules", "not YAML"),
        # Hostile
        ("title: Rules\na: &a [x]\nb: *a", "title", "Rules", "aliases"),
        ("title: Rules\na: " + "[" * 9000, "title", "Rules", "nested too deep"),
        ("title: Rules\na: " + "{a: " * 4000, "title", "Rules", "nested too deep"),
        ("title: Rules\na: " + "x" * 100_000, "title", "Rules", "over 20,000"),
    ],
)  # fmt: skip
def test_an_odd_field_is_dropped_and_the_article_kept(front, field, value, note):
    notes = []
    article = markdown(front, on_note=notes.append)
    assert article.text == STORY
    assert getattr(article, field) == value
    told = " ".join(one.message for one in notes)
    assert note in told if note else not told
    assert all(one.source == "/news/a.md" and len(one.message) < 300 for one in notes)


@pytest.mark.parametrize("front", ["just words", "- a\n- b", "- " * 9000])
def test_a_block_without_fields_stays_in_the_text(front):
    article = markdown(front)
    assert front.split("\n")[-1].strip("- ") in f"{article.title} {article.text}"


@pytest.mark.parametrize("lead", ["", "\n\n", "\ufeff", " \r\n"])
@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: Tram line rejected\ndate: 2030-06-01\n---\n",
        '+++\ntitle = "Tram line rejected"\ndate = 2030-06-01T08:30:00+02:00\ndraft = false\n+++\n',
        '{"title": "Tram line rejected",\n "Date": "2030-06-01"}\n',
        "+++\ntitle = Tram line rejected\ndate = 2030-06-01\n+++\n",
    ],
)
def test_yaml_toml_and_json_front_matter(lead, head):
    article = read_markdown(f"{lead}{head}\n{STORY}\n".encode(), "a")
    assert (article.title, article.published) == ("Tram line rejected", date(2030, 6, 1))
    assert article.text == STORY


def test_braces_that_are_no_metadata_are_text():
    assert read_markdown(f"{{sic}} {STORY}".encode(), "a").text == f"{{sic}} {STORY}"
    assert "x" in read_markdown(b'{"x": 1}', "a").text


def test_a_tag_makes_no_object(tmp_path):
    article = markdown(f"other: !!python/object/apply:os.mkdir ['{tmp_path}/x']\noutlet: a")
    assert article.outlet == "a"
    assert list(tmp_path.iterdir()) == []


def test_aliases_are_not_expanded():
    lines = ["a: &a [lol, lol]"]
    lines += [f"{b}: &{b} [*{a},*{a},*{a}]" for a, b in pairwise("abcdefghij")]
    assert len(markdown("\n".join(lines)).text) < 1000


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
    ("body", "text"),
    [
        ("10. Mai 2024 war der Tag.", "10. Mai 2024 war der Tag."),
        (
            "1989. It was the year.\n1990. It was over.",
            "1989. It was the year.\n\n1990. It was over.",
        ),
        ("It ended in\n\n1989.", "It ended in\n\n1989."),
        ("3) The ferry:\n   1. was late", "3) The ferry:\n\n1. was late"),
        ("4. ```\n   code\n   ```", "4. code"),
        ("2. <div>\n   words</div>", "2. words"),
        ("- a point", "a point"),
        ("It took <del>12</del><ins>15</ins> votes.", "It took 15 votes."),
        ("It took ~~12~~ 15 votes.", "It took 15 votes."),
        ("<s>It took *12* votes.</s>", ""),
        ("It <s>took 15 votes.", "It took 15 votes."),
        ("It signed 36<sup>2</sup> papers of 10<sup>6</sup>.", "It signed 36² papers of 10⁶."),
        ("It signed 36<sup>[2](#fn2)</sup> papers.", "It signed 36 papers."),
        ("It signed 36[2](#fn2) papers.", "It signed 36 papers."),
        ("The 21<sup>st</sup> of [5 km<sup>2</sup>](/x).", "The 21st of 5 km²."),
        ("`<s>` &amp; AT&T <sup>2</sup> &lt;del>a&lt;/del>", "<s> & AT&T ² <del>a</del>"),
    ],
)
def test_markdown_keeps_what_a_reader_sees(body, text):
    got = read_markdown(f"{STORY}\n\n{body}".encode(), "a").text
    assert got == (f"{STORY}\n\n{text}" if text else STORY)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("It signed 36<sup>2</sup> papers.", "It signed 36² papers."),
        ('It signed 36<sup><a href="#fn2">&#91;2&#93;</a></sup> papers.', "It signed 36 papers."),
        ('It signed 36<a href="#n"><SUP>2</SUP></a> papers.', "It signed 36 papers."),
        ("The 21<sup>st</sup> <sup>AT&amp;T</sup> paper.", "The 21st AT&T paper."),
        ("It took <del>12</del><ins>15</ins> votes.", "It took 15 votes."),
        ("It took <strike class=x>12 </strike>15 votes.", "It took 15 votes."),
        ("<p>It took 15.</p><del><p>It took 12.</p></del><p>It met.</p>", "It took 15.\n\nIt met."),
        ("<s> It met. </s> <s> It voted. </s>", "It met. It voted."),
        ("It <s>never ended.", "It never ended."),
    ],
)
def test_markup_in_a_record_says_what_a_reader_sees(body, text):
    (article,) = jsonl({"text": body})
    assert article.text == text


@pytest.mark.parametrize(
    "bomb", ["[" * 20_000, ">" * 20_000, "**a " * 10_000, "- " * 5000, "<a " * 20_000]
)
@pytest.mark.slow
def test_markdown_bombs_end(bomb):
    assert STORY in read_markdown(f"{bomb}\n\n{STORY}".encode(), "a").text


def test_a_table_reads_as_rows():
    table = "| Town | For |\n|---|---|\n| Lindau | **14** |\n| Kelm |  |"
    text = read_markdown(f"{STORY}\n\n{table}\n".encode(), "a").text
    assert text.split("\n\n")[1:] == ["Town | For", "Lindau | 14", "Kelm"]


def test_html_blocks_in_markdown_keep_their_words():
    article = read_markdown(f"<div>\n<p>{STORY}</p>\n</div>\n\nEnd.<style>x</style>".encode(), "a")
    assert article.text.split("\n\n") == [STORY, "End."]


def test_the_first_lines_of_markdown_without_a_day_in_its_metadata_are_read():
    body = f"# Lake ferry resumes\n\n*Halden Herald, 12 May 2026*\n\nBy Ann Toll\n\n{STORY}\n\nIt opens in June."
    made = read_markdown(body.encode(), "a.md")
    assert (made.title, made.authors) == ("Lake ferry resumes", ("Ann Toll",))
    assert (made.published, made.date_origin) == (date(2026, 5, 12), "visible text")
    assert made.text.endswith(f"{STORY}\n\nIt opens in June.")
    assert "By Ann" not in made.text
    # Metadata that tells the day is enough, and the text is whole.
    dated = markdown("date: 2026-05-13", body)
    assert dated.published == date(2026, 5, 13)
    assert "12 May 2026" in dated.text
    # A day in a sentence is not that of publication.
    told = read_markdown(f"# Ferry\n\n{STORY} It ran on 12 May 2026 again.".encode(), "a.md")
    assert told.published is None


def test_labelled_lines_above_a_text_are_its_metadata():
    head = (
        "Title: Lake ferry resumes\r\nDate: 2026-05-12\r\nAuthor: Ann Toll\r\n"
        "Source: Halden Herald\r\nURL: https://halden.example/ferry\r\nSection: Local\r\n"
    )
    made = read_text(f"\ufeff{head}\r\n{STORY}\r\n\r\nIt opens in June.\r\n".encode(), "a")
    assert (made.title, made.outlet, made.authors) == (
        "Lake ferry resumes",
        "Halden Herald",
        ("Ann Toll",),
    )
    assert (made.published, made.date_origin) == (date(2026, 5, 12), "metadata")
    assert made.url == "https://halden.example/ferry"
    assert made.text == f"{STORY}\n\nIt opens in June."


def test_words_labelled_as_the_text_stay_in_it():
    head = f"Headline: Lake ferry resumes\nDate: 2026-05-12\nText: {STORY}"
    made = read_text(f"{head}\n\nIt opens in June.".encode(), "a")
    assert (made.title, made.published) == ("Lake ferry resumes", date(2026, 5, 12))
    assert made.text == f"{STORY}\n\nIt opens in June."


@pytest.mark.parametrize(
    "head",
    [
        "Lake ferry resumes: council votes\nDate: 2026-05-12",
        "Location: Halden\nDate: 2026-05-12",
        "Host: Welcome back.\nGuest: Thank you.",
        "Title: Lake ferry resumes\nDate: 2026-05-12\nThe ferry runs again.",
    ],
)
def test_other_lines_with_colons_are_no_metadata(head):
    made = read_text(f"{head}\n\n{STORY}".encode(), "a")
    assert made.date_origin != "metadata"
    # Nor is a text of labelled lines alone.
    assert "2026" in read_text(b"Title: Lake ferry\nDate: 2026-05-12\n\n", "a").text


def test_text_file_in_each_encoding_is_the_same_article():
    raw = f"Café line rejected again\nMay 3, 2030\n\n{STORY} “Née” – yes.\n"
    encodings = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
    made = [read_text(raw.encode(encoding), "a") for encoding in encodings]
    made.append(read_text(raw.replace("\n", "\r\n").encode(), "a"))
    assert made[0].title == "Café line rejected again"
    assert made[0].published == date(2030, 5, 3)
    assert all(article == made[0] for article in made)


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_text_and_lines_of_another_script_without_a_mark_of_its_encoding(encoding):
    text = "Совет города Линдау заказал семь электрических паромов, сказала мэр Грета Хольм."
    raw = f"Паромы заказаны\nMay 3, 2030\n\n{text}\n"
    assert text in read_text(raw.encode(), "a").text
    assert read_text(raw.encode(encoding), "a") == read_text(raw.encode(), "a")
    lines = [{"text": text}, {"text": f"{STORY} Арбон."}, {"text": "Harbour “café” in Arbon."}]
    data = b"".join(
        f"{json.dumps(one, ensure_ascii=False)}\n".encode("cp1252" if n > 1 else encoding)
        for n, one in enumerate(lines)
    )
    alone = data.splitlines(keepends=True)
    # A file of that script: all of its lines are. Else each line tells by itself.
    for held, wanted in ((alone[:1] * 9 + alone[1:2], 1), ([b"{}\n"] * 9999 + alone, 2)):
        found = [one.text for one in read_jsonl(io.BytesIO(b"".join(held)), "/news/a.jsonl")
                 if isinstance(one, Article)]  # fmt: skip
        assert found[0] == text
        assert found[-1] == lines[wanted]["text"]


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
    assert found[0].sources == (f"/news/a.jsonl#{found[0].id}",)
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
        ({"text": [[], 7]}, "no 'text'"),
        ({"text": "  "}, "'text' is empty"),
        ({"text": "--"}, "empty: no words"),
        ([STORY], "not a JSON object"),
        ("null", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"text": "a", "id": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_jsonl_line_that_is_no_article(record, reason):
    bad, good = jsonl(record, {"text": STORY})
    assert isinstance(bad, Skipped)
    assert reason in bad.reason
    assert len(bad.reason) < 300
    assert good.text == STORY


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("title", ["a"], "title is not a string"),
        ("outlet", True, "outlet is not a string"),
        ("authors", 7, "is not a name"),
        ("authors", [["a"]], "is not a name"),
        ("published", "yesterday", "names no day"),
        ("published", [2030], "names no day"),
        ("url", "data:text/html,x", "not a plain http"),
        ("url", "http://a.example/\ud800", "not a plain http"),
        ("url", "http://[::1", "not a plain http"),
        ("url", "https://", "not a plain http"),
        ("id", "x" * 201, "longer than 200"),
        ("id", "\u200b", "its id"),
    ],
)
def test_jsonl_odd_field_is_dropped_with_a_note(field, value, reason):
    notes = []
    line = json.dumps({"text": STORY, field: value}).encode()
    (article,) = read_jsonl(io.BytesIO(line), "/news/a.jsonl", ReadOptions(notes.append))
    (bare,) = jsonl({"text": STORY})
    assert article == bare
    assert [reason in note.message for note in notes] == [True]


def test_jsonl_markup_is_read_once():
    (article,) = jsonl({
        "title": "<b>Board</b> &amp; union", "outlet": "Lake &amp; Hill Post", "authors": "Bj&ouml;rn Aske",
        "text": "<p>The board&#8217;s <a href='https://example.org?a=1&amp;b=2'>offer</a> won.</p><p>&amp;lt; is kept.</p>",
    })  # fmt: skip
    assert (article.title, article.outlet, article.authors) == (
        "Board & union", "Lake & Hill Post", ("Björn Aske",),
    )  # fmt: skip
    assert article.text == "The board’s offer won.\n\n&lt; is kept."


def test_jsonl_wrapped_lines_are_joined():
    text = "The council of Bregenz rejected the new tram line to the northern\npier by 14 votes to 9 on Monday."
    assert jsonl({"text": text})[0].text == text.replace("\n", " ")


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
    monkeypatch.setattr("rag.ingest.formats.json_values.MAX_VALUE", 1000)
    long, good = jsonl({"text": "word " * 2000}, {"text": STORY})
    assert "too large" in long.reason
    assert long.source == "/news/a.jsonl#1"
    assert good.text == STORY
    assert good.sources == (f"/news/a.jsonl#{good.id}",)


def test_absurdly_large_text_is_refused(monkeypatch):
    monkeypatch.setattr("rag.ingest.article.MAX_CHARACTERS", 1000)
    with pytest.raises(SourceError, match="too large: 4,999"):
        read_text(b"word " * 1000, "a")


@given(
    st.dictionaries(
        st.sampled_from(["text", "title", "outlet", "url", "language", "id", "published", "date", "authors", "author", "source", "retells"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.integers(10**8, 10**20),
            lambda one: st.lists(one, max_size=2) | st.dictionaries(st.sampled_from(["name", "$date", "url"]), one, max_size=2),
            max_leaves=4,
        ),
    )
)  # fmt: skip
@pytest.mark.slow
def test_any_values_of_fields_give_an_article(record):
    first, last = jsonl(json.dumps(record | {"text": STORY}), {"text": "Alfa built it."})
    assert (first.text, last.text) == (STORY, "Alfa built it.")
    first.sources[0].encode()


@given(st.binary(max_size=200), st.sampled_from([b"", b"---\n", b"+++\n", b"{"]))
def test_any_bytes_are_an_article_or_a_reason(data, lead):
    for read in (read_markdown, read_text):
        with contextlib.suppress(SourceError):
            assert read(lead + data, "a").text
    assert all(isinstance(one, Article | Skipped) for one in read_jsonl(io.BytesIO(data), "a"))
