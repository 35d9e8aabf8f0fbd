"""Newsletters and saved pages to articles; messages made to harm end in a reason."""
# ruff: noqa: E501

import base64
import quopri
import random
from contextlib import suppress
from datetime import date
from email.message import EmailMessage

import pytest

from rag.errors import SourceError
from rag.ingest.formats.mail import read_mail, read_mhtml
from rag.ingest.options import ReadOptions
from rag.ingest.sources import read_sources
from rag.types import Article

STORY = [
    "The council of Orvane rejected the new tram line by 14 votes to 9 on Monday, after a debate of six hours in which nobody left the hall.",
    "“We will not dig up the quay twice in one decade,” said the harbourmaster, Ilse Brandvik, who had asked for a tunnel since 2019.",
    "The project would have cost 41 million crowns, of which the neighbouring town of Halden had promised to pay a third within five years.",
    "A petition for a second vote had 2,300 signatures by the evening; it needs 4,000 before the council must put it on its agenda again.",
]
PAGE = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>Tram line rejected - Halden Herald</title>"
    '<meta property="og:title" content="Tram line rejected"><meta property="og:site_name" content="Halden Herald">'
    '<meta property="article:published_time" content="2025-03-14T08:00:00+01:00"></head><body>'
    "<nav><a href=/a>News</a> <a href=/b>Sport</a></nav><article><h1>Tram line rejected</h1>"
    + "".join(f"<p>{one}</p>" for one in STORY)
    + "</article><footer>Contact us</footer></body></html>"
)


def message(plain: str | None = None, page: str | None = None, **headers: str) -> EmailMessage:
    made = EmailMessage()
    given = {
        "Subject": "Tram line rejected",
        "From": "Halden Herald <news@halden.example>",
        "Date": "Fri, 14 Mar 2025 06:30:00 +0100",
    }
    for name, value in (given | headers).items():
        if value:
            made[name] = value
    if plain is not None:
        made.set_content(plain)
    if page is not None and plain is None:
        made.set_content(page, subtype="html")
    elif page is not None:
        made.add_alternative(page, subtype="html")
    return made


def mhtml(
    page: bytes = PAGE.encode(),
    *,
    charset: str = "utf-8",
    url: str = "https://halden.example/news/tram",
) -> bytes:
    """A saved page as Chromium writes it."""
    return b"\r\n".join([
        b"From: <Saved by Blink>", b"Snapshot-Content-Location: " + url.encode(), b"Subject: Tram line rejected",
        b"Date: Mon, 1 Jun 2026 10:00:00 -0000", b"MIME-Version: 1.0",
        b'Content-Type: multipart/related; type="text/html"; boundary="----Part--x"', b"", b"",
        b"------Part--x", b"Content-Type: text/css", b"Content-Location: cid:css-1", b"", b"p { color: red }",
        b"------Part--x", f"Content-Type: text/html; charset={charset}".encode(), b"Content-ID: <frame-0>",
        b"Content-Transfer-Encoding: quoted-printable", b"Content-Location: " + url.encode(), b"", quopri.encodestring(page),
        b"------Part--x", b"Content-Type: image/gif", b"Content-Transfer-Encoding: base64", b"", b"R0lGODlhAQABAAAAACw=",
        b"------Part--x--", b"",
    ])  # fmt: skip


def test_a_message_in_plain_text():
    text = "\n\n".join(STORY)
    article = read_mail(message(f"By Mara Oster\n\n{text}\n").as_bytes(), "/mail/a.eml")
    assert (article.title, article.outlet) == ("Tram line rejected", "Halden Herald")
    assert (article.published, article.date_origin) == (date(2025, 3, 14), "metadata")
    assert article.published_at == "2025-03-14T06:30:00+01:00"
    assert article.sources == ("/mail/a.eml",)
    assert article.text.endswith(text)


def test_header_lines_in_other_scripts_and_replies():
    made = message(
        "\n\n".join(STORY),
        Subject="Fwd: Re: Orvane xây lại cầu gỗ",
        From='"Báo Orvane" <a@b.example>',
    )
    article = read_mail(made.as_bytes(), "a")
    assert (article.title, article.outlet) == ("Orvane xây lại cầu gỗ", "Báo Orvane")


def test_a_sender_without_a_name_and_a_message_without_a_day():
    article = read_mail(
        message("\n\n".join(STORY), From="news@www.halden.example", Date="").as_bytes(), "a"
    )
    assert (article.outlet, article.published, article.published_at) == (
        "halden.example",
        None,
        None,
    )


def test_attachments_are_left_out_with_a_note():
    notes = []
    made = message("\n\n".join(STORY))
    made.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    made.add_attachment("Attached words.", filename="b.txt")
    article = read_mail(made.as_bytes(), "a", ReadOptions(notes.append))
    assert "Attached" not in article.text
    assert [note.message for note in notes] == [
        "its 2 attachments were left out; save what you need of them and add it"
    ]


@pytest.mark.parametrize(
    ("charset", "encoding", "words"),
    [
        ("iso-8859-1", "cp1252", "“We won’t dig,” she said – for 5 €."),
        ("us-ascii", "cp1252", "“We won’t dig,” she said."),
        ("gb2312", "gb18030", "市长朱镕基说，大桥将于五月开放。"),
        ("utf-16", "utf-16", "“We won’t dig,” she said."),
    ],
)
def test_a_message_that_names_the_narrower_encoding(charset, encoding, words):
    head = f"Subject: Tram\nFrom: a@halden.example\nContent-Type: text/plain; charset={charset}\n"
    coded = base64.encodebytes(f"{words * 3}\n\n{words}".encode(encoding))
    data = f"{head}Content-Transfer-Encoding: base64\n\n".encode() + coded
    assert words in read_mail(data, "/mail/a.eml").text


def test_bytes_that_the_wider_encoding_has_not_are_read_in_the_one_named():
    head = b"Subject: Tram\nContent-Type: text/plain; charset=iso-8859-1\n\n"
    assert "café" in read_mail(head + "The café was closed.\x81".encode("latin-1"), "a.eml").text


def test_lines_of_the_mailing_are_no_text():
    edge = ["View in browser", "Forward this email to a friend"]
    end = [
        "You are receiving this because you signed up at halden.example.",
        "Unsubscribe | Manage preferences",
    ]
    more = [
        f"{name} spoke for {n} minutes and named {n + 2} streets that would be shut."
        for n, name in enumerate(("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal"), 3)
    ]
    spoken = "The council also asked every household to unsubscribe from the printed bulletin, which costs it 40,000 crowns a year, by the end of June."
    text = "\n\n".join([*edge, *STORY, *more[:4], spoken, *more[4:], *end])
    article = read_mail(message(text).as_bytes(), "a")
    assert not any(line in article.text for line in (*edge, *end))
    assert spoken in article.text
    page = PAGE.replace("</article>", f"<p>{end[0]}</p><p>{end[1]}</p></article>")
    article = read_mail(message(page=page).as_bytes(), "a")
    assert article.text == "\n\n".join(STORY)


def test_sentences_of_a_letter_that_speak_of_what_mailings_do_stay():
    told = [
        "Denmark will opt out of the asylum treaty, the prime minister said on Monday.",
        "Voters can view online what the council spends from June.",
        "Opt out of the treaty, voters tell Denmark",
        "He told the clerk to forward this email to the minister, the court heard.",
        "This email was sent to three ministers before the vote, the court heard.",
    ]
    article = read_mail(message("\n\n".join([STORY[0], *told])).as_bytes(), "a")
    assert [line for line in told if line not in article.text] == []


@pytest.mark.parametrize(
    "line",
    [
        "Unsubscribe",
        "Click here to unsubscribe from this newsletter.",
        "View online",
        "Update your preferences | Forward to a friend | Unsubscribe",
        "Trouble reading this? View it in your browser.",
        "This email was sent to jo@halden.example by the Halden Herald.",
        "If you no longer wish to receive our letters, tell us here.",
        "Newsletter abbestellen",
        "取消订阅",
    ],
)
def test_links_of_a_mailing_go_with_their_full_stop(line):
    article = read_mail(message("\n\n".join([*STORY, line])).as_bytes(), "a")
    assert article.text == "\n\n".join(STORY)


def test_a_message_in_html():
    pytest.importorskip("rag.ingest.formats.html")
    article = read_mail(message("Read this online.", PAGE).as_bytes(), "a")
    assert (article.title, article.outlet) == ("Tram line rejected", "Halden Herald")
    assert article.published_at == "2025-03-14T06:30:00+01:00"
    assert all(one in article.text for one in STORY)


def test_a_saved_page():
    pytest.importorskip("rag.ingest.formats.html")
    article = read_mhtml(mhtml(), "/pages/a.mhtml")
    assert (article.title, article.outlet) == ("Tram line rejected", "Halden Herald")
    # Of publication, not of saving.
    assert article.published == date(2025, 3, 14)
    assert article.url == "https://halden.example/news/tram"
    assert all(one in article.text for one in STORY)
    assert "color" not in article.text


def test_a_saved_page_in_the_charset_of_its_part():
    pytest.importorskip("rag.ingest.formats.html")
    page = (
        PAGE.replace("<meta charset=utf-8>", "").replace("debate", "débat").encode("windows-1252")
    )
    assert "débat" in read_mhtml(mhtml(page, charset="windows-1252"), "a").text


@pytest.mark.parametrize(
    "url", ["file:///home/x/a.html", "javascript:alert(1)", "https://user:pass@"]
)
def test_a_saved_page_of_no_address(url):
    pytest.importorskip("rag.ingest.formats.html")
    assert read_mhtml(mhtml(url=url), "a").url is None


def nested(depth: int) -> bytes:
    head = b"Subject: x\r\n"
    for n in range(depth):
        head += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
    return head + b"Content-Type: text/plain\r\n\r\nHello.\r\n"


MANY = (
    b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    + b"--b\r\nContent-Type: text/x\r\n\r\nx\r\n" * 6000
)


@pytest.mark.parametrize("read", [read_mail, read_mhtml])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a"),
        (b"Hello, world.", "not a"),
        (b"\x00\x01\x02" * 50, "not a"),
        (nested(2000), "nested too deep"),
        (MANY, "over 5,000 parts"),
        (b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n', "without"),
        (b"Subject: x\r\nContent-Type: image/png\r\n\r\nxxxx", "without"),
    ],
)
def test_what_cannot_be_read(read, data, reason):
    with pytest.raises(SourceError, match=reason):
        read(data, "a")


def test_a_message_of_no_words():
    with pytest.raises(SourceError, match="without text"):
        read_mail(message("").as_bytes(), "a")


def test_headers_made_to_harm():
    for line in (
        b"Subject: =?utf-8?b?" + b"A" * 50_000 + b"?=",
        b"Subject: " + b"=?x?q?=" * 5000,
        b'From: "' + b"(" * 5000 + b" <a@b>",
        b"Date: Mon, 99 Foo 99999999 99:99:99 +99999999",
        b'Content-Type: text/plain; charset="' + b"x" * 5000 + b'"',
        b"Content-Type: ;;;;;; charset*0*=",
        b"Content-Disposition: ; filename*=",
        b"Subject: \xff\xfe\x00x",
    ):
        data = line + b"\r\n\r\n" + "\r\n\r\n".join(STORY).encode()
        with suppress(SourceError):
            assert isinstance(read_mail(data, "a"), Article)


def test_bytes_changed_at_random_end_in_an_article_or_a_reason():
    whole = message("\n\n".join(STORY)).as_bytes()
    chance = random.Random(5)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(SourceError):
            assert isinstance(read_mail(bytes(data), "a"), Article)


@pytest.mark.slow
def test_messages_are_added_with_the_others_of_a_folder(tmp_path):
    (tmp_path / "a.eml").write_bytes(message("\n\n".join(STORY)).as_bytes())
    (tmp_path / "b.mht").write_bytes(b"no page")
    one, two = read_sources([str(tmp_path)])
    assert one.title == "Tram line rejected"
    assert two.reason.startswith("not a saved page")
