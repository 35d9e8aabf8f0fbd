"""Web pages: their story, where their date comes from, who publishes them, and what is no article."""

from datetime import date, timedelta

import pytest

from rag.errors import SourceError
from rag.ingest.formats.html import read_page
from rag.ingest.options import Hints, ReadOptions

STORY = (
    "<p>The harbour board of Port Ansel said on Tuesday that the green crane will be taken down.</p>"
    "<p>It was built to lift flying boats, and nobody has moved it for forty years or more.</p>"
    "<p>A retired crane driver, Walt Beecher, said that it had been a good crane all the same.</p>"
)
TEXT = STORY.replace("</p><p>", "\n\n").replace("<p>", "").replace("</p>", "")
TITLE = "Green crane to be taken down"
URL = "https://www.anselpost.example/news/crane"

CANONICAL = f'<link rel="canonical" href="{URL}">'


def page(head="", body=f"<h1>{TITLE}</h1>{STORY}", title=f"{TITLE} - Ansel Post"):
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>{head}</head>"
        f"<body>{body}</body></html>"
    )


def read(text, hints=None, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return read_page(data, "page.html", ReadOptions(**options), hints or Hints())


def linked(json):
    return f'<script type="application/ld+json">{json}</script>'


def dated(body="", head="", **options):
    article = read(page(head, f"<div><h1>{TITLE}</h1>{body}</div>{STORY}"), **options)
    return article.published, article.date_origin


def test_a_page_gives_its_story_title_and_outlet():
    article = read(page())
    assert article.text == TEXT
    assert article.title == TITLE
    assert article.outlet == "Ansel Post"
    assert article.language == "en"
    assert article.sources == ("page.html",)
    assert (article.published, article.date_origin, article.url) == (None, None, None)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (f'{CANONICAL}<meta property="og:url" content="https://wire.example/a/b">', True),
        (f'{CANONICAL}<meta property="og:url" content="https://m.anselpost.example/a">', False),
        (f'<!-- saved from url=(0030){URL} --><link rel="canonical" href="https://wire.example/a">', True),
        (CANONICAL, False),
    ],
)  # fmt: skip
def test_a_saved_page_that_claims_addresses_of_two_sites_is_told(head, told):
    notes = []
    article = read(page(head), on_note=notes.append)
    assert article.url == URL
    assert [("two sites" in one.message, "wire.example" in one.message) for one in notes] == (
        [(True, True)] if told else []
    )


def sentence(markup):
    """The text of a paragraph of a page."""
    text = read(page(body=f"<h1>{TITLE}</h1>{STORY}<p>The board signed {markup} in May.</p>")).text
    return text.rpartition("\n\n")[2].removeprefix("The board signed ").removesuffix(" in May.")


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("36<sup>2</sup> agreements", "36² agreements"),
        ("36<sup>1, 2</sup> agreements", "36¹, ² agreements"),
        ("10<sup>6</sup> papers", "10⁶ papers"),
        ("10<sup>-6</sup> papers", "10⁻⁶ papers"),
        ('10<span style="vertical-align: super">6</span> papers', "10⁶ papers"),
        ("the 21<sup>st</sup> paper", "the 21st paper"),
        ("le 1<sup>er</sup> accord", "le 1er accord"),
        ("CO<sub>2</sub> papers", "CO2 papers"),
        ('36<sup><a href="#fn2">2</a></sup> agreements', "36 agreements"),
        ('36<a href="/news/crane#fn2"><sup>[2]</sup></a> agreements', "36 agreements"),
        ('36<sup class="reference"><a href="/n"><span>[</span>2]</a></sup> papers', "36 papers"),
        ('36<sup role="doc-noteref">*</sup> agreements', "36 agreements"),
        ('36<a class="footnote-anchor" href="#footnote-1">1</a> agreements', "36 agreements"),
        ('<a href="#map">a lease of 5 km<sup>2</sup></a> of it', "a lease of 5 km² of it"),
        ('page <a href="/n/#top">2</a> of the papers', "page 2 of the papers"),
        ('some papers on <a href="#fn-2024">funds</a>', "some papers on funds"),
        ("<del>12</del><ins>15</ins> papers", "15 papers"),
        ("<s>36</s> 38 papers", "38 papers"),
        ("<strike>36</strike> 38 papers", "38 papers"),
        ('<span style="text-decoration: line-through">36</span> 38 papers', "38 papers"),
        ("no<s> more </s>papers", "no papers"),
        ("un<del>in</del>signed papers", "unsigned papers"),
    ],
)
def test_small_markup_says_what_a_reader_sees(markup, words):
    assert sentence(markup) == words


def test_a_page_that_is_struck_out_for_the_most_part_keeps_its_words():
    assert read(page(body=f"<h1>{TITLE}</h1><del>{STORY}</del>")).text == TEXT


def test_reading_twice_gives_the_same():
    assert read(page()) == read(page())


@pytest.mark.parametrize(
    "head",
    [
        linked('{"@type": "NewsArticle", "datePublished": "2026-03-03T23:30:00+07:00"}'),
        linked('[{"@type": ["Thing", "schema:BlogPosting"], "datePublished": "2026-03-03T23:30:00+07:00"}]'),
        linked('{"@graph": [{"@type": "LiveBlogPosting", "datePublished": "2026-03-03T23:30+07:00"}]}'),
        linked('{"@type": "NewsArticle", "headline": "x\ny", "datePublished": "2026-03-03T23:30:00+0700",}'),
        linked('<!-- {"@type": "ReportageNewsArticle", "datePublished": "2026-03-03 23:30:00+07:00"} -->'),
        linked('{"@type": "NewsArticle", "datePublished": "2026-03-03T23:30:00+07:00", "author": {"na'),
        linked('{"@type": "WebPage", "datePublished": "2026-03-03T23:30:00.000+07:00"}'),
        '<meta property="article:published_time" content="2026-03-03T23:30:00+07:00">',
        '<meta name="DC.date.issued" content="2026-03-03T23:30:00+07:00">',
        '<meta name="sailthru.date" content="Tue, 03 Mar 2026 23:30:00 +0700">',
        '<meta itemprop="datePublished" content="2026-03-03T23:30:00+07:00">',
        """<meta name="parsely-page" content='{"pub_date": "2026-03-03T23:30:00+07:00"}'>""",
    ],
)  # fmt: skip
def test_the_date_that_machines_are_told_keeps_its_zone(head):
    article = read(page(head + '<meta name="last-modified" content="2026-05-01">'))
    assert article.published == date(2026, 3, 3)
    assert article.published_at == "2026-03-03T23:30:00+07:00"
    assert article.date_origin == "structured data"


@pytest.mark.parametrize(
    "line",
    [
        "<p>By Ann Roe, 3 March 2026</p>",
        "<p>Published: March 3, 2026 | Updated: May 1, 2026</p>",
        "<p>Updated May 1, 2026. Published March 3, 2026</p>",
        "<dl><dt>Last updated<dd>1 May 2026<dt>Published<dd>3 March 2026</dl>",
        "<span class=date>Thứ ba, 3/3/2026, 08:15 (GMT+7)</span>",
        "<div>ngày 3 tháng 3 năm 2026</div>",
        "<div>Veröffentlicht am 3. März 2026 um 14 Uhr</div>",
        "<div>Publié le 3 mars 2026 à 14h05, modifié le 1 mai 2026</div>",
        "<div>3 de marzo de 2026</div>",
        "<div>2026年03月03日 09:30 来源：某报</div>",
        "<div>2026년 3월 3일</div>",
    ],
)
def test_the_date_that_readers_see_is_read(line):
    assert dated(line) == (date(2026, 3, 3), "visible text")


@pytest.mark.parametrize(
    "element",
    [
        '<time datetime="2026-03-03">today</time>',
        '<time pubdate datetime="2026-03-03T10:00">3.3.</time><time datetime="2026-05-01">1.5.</time>',
        'Updated <time class="updated" datetime="2026-05-01">x</time> <time datetime="2026-03-03">x</time>',
        "<time>3 March 2026</time>",
        '<abbr class="published" title="2026-03-03T08:12:00-08:00">8:12</abbr>',
    ],
)
def test_the_date_of_a_time_element_is_structured(element):
    assert dated(f"<div>{element}</div>") == (date(2026, 3, 3), "structured data")


def test_the_path_of_the_address_dates_a_page_that_says_nothing():
    for path in (
        "2026/03/03/crane",
        "news/2026-03-03-crane",
        "a/crane-20260303.html",
        "2026/mar/03/x",
    ):
        article = read(page(f'<link rel="canonical" href="https://anselpost.example/{path}">'))
        assert (article.published, article.date_origin) == (date(2026, 3, 3), "address")
    article = read(
        page('<link rel="canonical" href="https://anselpost.example/item/20261399/1234">')
    )
    assert article.published is None


@pytest.mark.parametrize(
    "other",
    [
        "<aside><time datetime='2026-03-03'>3 March 2026</time> Pond drained</aside>",
        "<div class='related-stories'><a href=x>Pond drained</a> 3 March 2026</div>",
        "<section id=comments><p>Ann, 3 March 2026: it was never green at all, I tell you.</p></section>",
        "<footer>Copyright 2010-2026, 3 March 2026</footer>",
        "<div>© 2026 Ansel Post</div>",
    ],
)
def test_dates_of_other_things_on_the_page_are_not_its_own(other):
    assert read(page(body=f"<h1>{TITLE}</h1><div>{STORY}</div>{other}")).published is None


def test_the_masthead_and_dates_in_the_story_do_not_date_it():
    body = f"<div class=today>3 March 2026</div><nav>News</nav><div><h1>{TITLE}</h1>{STORY}</div>"
    assert read(page(body=body)).published is None
    later = STORY.replace("said on Tuesday", "said that on 3 March 2026 it had decided")
    assert read(page(body=f"<h1>{TITLE}</h1>{later}")).published is None


def test_dates_that_cannot_be_are_passed_over():
    after = date.today() + timedelta(days=2)
    for given in (
        after.isoformat(),
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "{{date}}",
        "soon",
    ):
        head = f'<meta property="article:published_time" content="{given}">'
        assert dated("<p>3 March 2026</p>", head) == (date(2026, 3, 3), "visible text")
    assert dated("<p>3 March 1951</p>") == (None, None)


def test_the_order_of_digits_is_asked_for_or_told():
    told = []
    assert dated("<p>By Ann Roe, 05/06/2024</p>", on_note=told.append)[0] == date(2024, 6, 5)
    assert "day first" in told[0].message
    assert dated("<p>05/06/2024</p>", date_order="mdy")[0] == date(2024, 5, 6)
    american = page(body=f"<h1>{TITLE}</h1><p>05/06/2024</p>{STORY}").replace(
        "lang=en", "lang=en-US"
    )
    assert read(american).published == date(2024, 5, 6)


def test_the_article_of_the_page_is_told_from_others_that_are_described():
    others = (
        '{"@type": "ItemList", "itemListElement": [{"@type": "NewsArticle", "headline": "Pond drained",'
        ' "datePublished": "2026-05-01"}]}'
    )
    assert read(page(linked(others))).published is None
    own = f'{{"@type": "NewsArticle", "headline": "{TITLE}", "datePublished": "2026-03-03"}}'
    other = '{"@type": "NewsArticle", "headline": "Pond drained", "datePublished": "2026-05-01"}'
    assert read(page(linked(f"[{other}, {own}]"))).published == date(2026, 3, 3)


def test_hints_are_believed_before_the_page():
    given = Hints(
        url="https://www.anselpost.example/news/crane?utm_source=feed",
        title="A crane goes",
        published=date(2026, 3, 3),
        published_at="2026-03-03T01:00:00Z",
        date_origin="feed",
        outlet="The Ansel Post",
        authors=("Ann Roe",),
        language="en",
    )
    article = read(page('<meta property="article:published_time" content="2020-01-01">'), given)
    assert article.title == "A crane goes"
    assert (article.published, article.date_origin) == (date(2026, 3, 3), "feed")
    assert article.published_at == "2026-03-03T01:00:00Z"
    assert (article.outlet, article.authors) == ("The Ansel Post", ("Ann Roe",))
    assert article.url == URL
    assert article.text == TEXT


PUBLISHER = linked('{"@type": "Article", "publisher": {"@id": "#p"}}') + linked(
    '{"@id": "#p", "name": "Ansel Post"}'
)
PAIR = '<meta name="parsely-author" content="Ann Roe"><meta name="parsely-author" content="Bo Li">'


@pytest.mark.parametrize(
    ("head", "title", "outlet"),
    [
        ("", f"{TITLE} | News | Ansel Post", "Ansel Post"),
        ('<meta property="og:site_name" content="Ansel Post">', f"Ansel Post: {TITLE}", "Ansel Post"),
        ('<meta property="og:site_name" content="Home | Ansel Post">', TITLE, "Ansel Post"),
        ('<meta property="og:site_name" content="anselpost.example">', f"{TITLE} – Ansel Post", "Ansel Post"),
        (f'<link rel="canonical" href="{URL}">', TITLE, "anselpost.example"),
        (PUBLISHER, TITLE, "Ansel Post"),
    ],
)  # fmt: skip
def test_the_outlet_is_a_name_and_no_part_of_the_title(head, title, outlet):
    article = read(page(head, title=title))
    assert (article.title, article.outlet) == (TITLE, outlet)


@pytest.mark.parametrize(
    ("head", "byline", "authors"),
    [
        ('<meta name="author" content="By Ann Roe, Ansel Post">', "", ("Ann Roe",)),
        ('<meta name="author" content="Ansel Post">', "", ()),
        ('<meta name="author" content="admin">', "<p>By Ann Roe</p>", ("Ann Roe",)),
        ('<meta property="article:author" content="https://x.example/ann">', "", ()),
        (PAIR, "", ("Ann Roe", "Bo Li")),
        ("", "<p class=byline>BY ANN ROE AND BO LINDQVIST</p>", ("Ann Roe", "Bo Lindqvist")),
        ("", "<div>3 March 2026 | Von Jürgen Groß</div>", ("Jürgen Groß",)),
        ("", "<div>Posted on March 3, 2026 by Ann Roe in Harbour</div>", ("Ann Roe",)),
        ("", "<div>By Staff</div>", ()),
    ],
)  # fmt: skip
def test_authors_are_persons(head, byline, authors):
    assert read(page(head, f"<h1>{TITLE}</h1>{byline}{STORY}")).authors == authors


GREEN = page().replace("crane ", "grüne ")


@pytest.mark.parametrize(
    ("data", "hints"),
    [
        (GREEN.replace("charset=utf-8", "charset=iso-8859-1").encode(), Hints()),
        (GREEN.encode("cp1252"), Hints()),
        (GREEN.replace("charset=utf-8", "charset=us-ascii").encode("cp1252"), Hints()),
        (GREEN.encode("utf-16"), Hints()),
        (GREEN.replace("<meta charset=utf-8>", "").encode("cp1250"), Hints(charset="windows-1250")),
    ],
)
def test_a_wrong_charset_is_seen_through(data, hints):
    assert "grüne will be taken down" in read(data, hints).text


FRENCH = page("<meta name=author content='Zoé Lenoir'>", f"<h1>{TITLE}</h1>{STORY}").replace(
    "the green crane", "« la grue de la jetée, élevée là-bas en été »"
)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "gbk", None])
@pytest.mark.parametrize("stray", [b"\xe9", b"\xff\xfe\x81", b"\x93caf\xe9\x94"])
def test_stray_bytes_leave_a_page_of_utf_8_its_characters(charset, stray):
    said = FRENCH.replace(" charset=utf-8", f" charset={charset}" if charset else " name=x")
    data = said.encode() + b"<!-- " + stray + b" -->"
    article = read(data)
    assert "« la grue de la jetée, élevée là-bas en été »" in article.text
    assert article.authors == ("Zoé Lenoir",)
    assert read(b"\xef\xbb\xbf" + data).text == article.text


def test_a_page_that_says_utf_8_is_believed_where_few_bytes_tell():
    said = page().replace("said on Tuesday", "said ’on Tuesday").encode() + b"<!-- \xe9 \x93 -->"
    assert "said ’on Tuesday" in read(said).text
    unsaid = said.replace(b" charset=utf-8", b"")
    assert "said ’on Tuesday" in read(unsaid, Hints(charset="utf-8")).text
    # Not where nearly all of them say another.
    russian = page().replace("crane", "большой зелёный кран в порту, старый и любимый")
    assert "green большой зелёный кран в порту" in read(russian.encode("cp1251")).text


def test_the_end_of_a_page_that_cuts_a_character_is_left_out():
    cut = page().replace("</body></html>", "").replace("all the same.</p>", "all the same, là…")
    article = read(cut.encode()[:-1])
    assert article.text.endswith("all the same, là")


def test_where_a_saved_page_came_from_is_its_address():
    for comment in (
        f"<!-- saved from url=(0038){URL}?fbclid=1 -->",
        f"<!--\n Page saved with SingleFile\n url: {URL}#top\n saved date: Thu May 21 2026\n-->",
    ):
        assert read(comment + page()).url == URL
    assert (
        read(
            page('<link rel="canonical" href="/news/crane">'),
            Hints(url="https://www.anselpost.example/x"),
        ).url
        == URL
    )


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Like the US, the port of Ansel wants the strait kept open.", True),
        ("Copyright law must change, the supreme court ruled on Monday.", True),
        ("Read more than one page of the report, she told the board.", True),
        ("Subscribe to that view and you lose the crane, he said.", True),
        ("“All rights reserved” means little on a crane, the judge said.", True),
        ("Copyright 2026 Ansel Post. All rights reserved.", False),
        ("Read more: Who will pay for the next crane?", False),
        ("Read more about the crane", False),
        ("See also: Why was the crane of Port Ansel green?", False),
        ("Subscribe to the Post", False),
    ],
)
def test_what_begins_like_furniture_stays_where_it_is_a_sentence(line, kept):
    assert (
        line in read(page(body=f"<h1>{TITLE}</h1>{STORY}<p>{line}</p>{STORY[:95]}")).text
    ) == kept


def test_lists_headings_and_tables_are_kept_and_furniture_is_not():
    body = f"""<header><nav><a href=/>Home</a></nav></header><article><h1>{TITLE}</h1>
      <p class=standfirst>The board has voted, and the crane has no say</p>{STORY}
      <figure><img src=a><figcaption>The crane on Monday</figcaption></figure>
      <h2>What it cost</h2><table><tr><th>Year<th>Crowns<tr><td>1938<td>900</table>
      <ul><li>It is green.</li><li>It is tall.</li></ul>
      <div class=newsletter><p>Get the Tide in your inbox every day at seven in the morning.</p></div>
      <p>Read more: <a href=x>Pond drained</a></p>
      <p>The cab will go to the museum, seat and all, when it has been lifted off.</p></article>
      <section class=comments><p>I never liked it, to be honest, and neither did Ann.</p></section>"""
    assert read(page(body=body)).text.split("\n\n") == [
        "The board has voted, and the crane has no say",
        *TEXT.split("\n\n"),
        "What it cost",
        "Year | Crowns",
        "1938 | 900",
        "It is green.",
        "It is tall.",
        "The cab will go to the museum, seat and all, when it has been lifted off.",
    ]


def test_a_teaser_and_the_headline_are_not_told_twice():
    first = TEXT.split("\n\n")[0]
    body = f"<h1>{TITLE}</h1><p class=lead>{first[:60]}…</p><p>{first}</p>{STORY}<h2>{TITLE}</h2>"
    assert read(page(body=body)).text == TEXT


def test_a_text_that_scripts_show_is_read_from_json():
    head = linked(f'{{"@type": "NewsArticle", "headline": "{TITLE}", "articleBody": "{TEXT}"}}')
    empty = page(head, "<noscript>Enable JavaScript.</noscript><div id=root></div>")
    assert read(empty).text == TEXT


WORDS = (
    "<p>Subscribe now: unlimited access for one crown a month, cancel your plan at any time.</p>"
)
LINKS = "".join(f"<li><h3><a href=/{n}>Story number {n} of the day</a></h3></li>" for n in range(9))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (page(body=f"<h1>{TITLE}</h1><div class=paywall>{WORDS}</div>"), "a wall"),
        (page(body=f"<h1>Hello</h1><p>We and our partners use cookies for tracking.</p>{WORDS}"), "a wall"),
        (page(body=f"<h1>News</h1><ul>{LINKS}</ul>", title="News - Ansel Post"), "a list of links"),
        (page('<meta property="og:type" content="video">', "<h1>Crane falls</h1><p>Ha.</p>"), "a video"),
        (page(linked('{"@type": "VideoObject"}'), "<h1>Crane falls</h1><p>Watch it.</p>"), "a video"),
        (page(body="<h1>Page not found</h1><p>It may have been moved, or never have been.</p>"), "an error"),
        (page(body="<h1>Oops</h1><p>Something went wrong.</p>", title="500 Internal Error"), "an error"),
        (page(body="<div id=root></div>"), "no text"),
    ],
)  # fmt: skip
def test_a_page_without_a_story_is_told_as_such(text, reason):
    with pytest.raises(SourceError, match=f"^a page without a story: {reason}"):
        read(text)


def test_a_story_about_walls_or_one_of_one_paragraph_is_a_story():
    about = STORY.replace("the green crane", "subscribers whose account had no password")
    assert read(page(body=f"<h1>{TITLE}</h1>{about}")).text
    short = STORY.split("</p>", maxsplit=1)[0] + "</p>"
    body = f"<div><h1>{TITLE}</h1><time datetime=2026-03-03>x</time>{short}</div><ul>{LINKS}</ul>"
    assert read(page(body=body)).text == TEXT.split("\n\n")[0]


def test_scripts_without_spaces_have_words_too():
    lao = "ຄະນະກຳມະການທ່າເຮືອໄດ້ປະກາດໃນວັນອັງຄານວ່າປັ້ນຈັ່ນສີຂຽວຈະຖືກຮື້ຖອນ"
    thai = "คณะกรรมการท่าเรือประกาศเมื่อวันอังคารว่าปั้นจั่นสีเขียวจะถูกรื้อถอนในเร็ว ๆ นี้"
    for text, language in ((lao, "lo"), (thai, "th")):
        body = f"<h1>{text[:20]}</h1><div><p>{text}</p><p>{text[::-1]}</p></div>"
        article = read(page(body=body, title=text[:20]).replace("lang=en", f"lang={language}"))
        assert article.text == f"{text}\n\n{text[::-1]}"
        assert article.language == language
