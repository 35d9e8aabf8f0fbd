"""What names an article, and what makes two of them the same."""

from datetime import date

import pytest

from rag.ingest.article import make_article
from rag.ingest.languages import guess_language, language_code
from rag.text.content_hash import content_hash

STORY = "The council of Bregenz rejected the new tram line by 14 votes to 9."


def made(**fields):
    return make_article(**{"text": STORY, "source": "/news/a.txt"} | fields)


def test_same_content_same_id_whatever_the_source():
    assert made().id == made(source="/other/b.txt").id
    assert content_hash(made()) == content_hash(made(source="/other/b.txt"))


@pytest.mark.parametrize(
    "change",
    [
        {"text": STORY + " So be it."},
        {"title": "Tram"},
        {"outlet": "Lake Wire"},
        {"published": date(2030, 6, 1)},
        {"url": "https://example.org/tram"},
        {"authors": ["Ann"]},
        {"language": "de"},
        {"retells": "a report by Lake Wire, 1 June 2030"},
    ],
)
def test_every_field_is_content(change):
    assert made(**change).id != made().id
    assert content_hash(made(**change)) != content_hash(made())


def test_an_article_that_retells_nothing_keeps_the_name_and_hash_it_had():
    # Else every article of an archive would be embedded again.
    assert made().id == made(retells=" ").id == "df6ff1211276dd66"
    assert content_hash(made()).startswith("2ea80eb27e6baf38")


def test_what_is_retold_is_one_line_of_bounded_length():
    article = made(retells=" a report\nby Lake Wire " + "x" * 900)
    assert article.retells.startswith("a report by Lake Wire x")
    assert len(article.retells) == 200


def test_fields_are_normalised():
    article = made(
        text=" A\r\nb ", title=" Two\nlines ", outlet="\u200b", authors=[" ", "Ann "], language="EN"
    )
    assert (article.text, article.title, article.outlet) == ("A\nb", "Two lines", None)
    assert (article.authors, article.language) == (("Ann",), "en")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (STORY, "en"),
        ("Hội đồng thành phố đã bác bỏ tuyến xe điện mới với 14 phiếu.", "vi"),
        ("市议会以14票对9票否决了新的电车线路。", "zh"),
        ("市議会は新しい路面電車の路線を否決しました。", "ja"),
        ("시의회는 새로운 트램 노선을 부결했다.", "ko"),
        ("Rada miasta odrzuciła nową linię tramwajową.", "pl"),
        ("Der Stadtrat hat die neue Linie abgelehnt.", "de"),
        ("In der Stadt war es am Montag sehr kalt.", "de"),
        ("De raad van Halden is op dinsdag bijeen.", "nl"),
        ("Le conseil a rejeté la ligne de tram.", "fr"),
        ("El consejo rechazó la nueva línea.", "es"),
        ("رفض المجلس خط الترام الجديد بأربعة عشر صوتا.", "ar"),
        ("The terminal was opened.", "en"),
        ("Ferry terminal approved", "en"),
        # Too little to tell
        ("1234 5678", None),
        ("", None),
        ("Rates rise", None),
        ("El ministro dimite", None),
        ("A b", None),
    ],
)
def test_languages_are_guessed(text, language):
    assert guess_language(text) == language


def test_names_of_languages_become_codes():
    names = ("ENGLISH", " english ", "Tiếng Việt", "Chinese - Simplified", "en-US", "Klingon")
    assert [language_code(name) for name in names] == ["en", "en", "vi", "zh", "en-US", "Klingon"]
