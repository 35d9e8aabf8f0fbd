"""Which country a word means: by a table, never by how it begins."""

import subprocess
import sys
from importlib.resources import files

import pytest

from rag.text.countries import codes, country_words, is_demonym


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Austria", "Australia"),
        ("Austrian", "Australian"),
        ("Niger", "Nigeria"),
        ("Nigerien", "Nigerian"),
        ("Slovakia", "Slovenia"),
        ("Slovak", "Slovene"),
        ("Malawi", "Malaysia"),
        ("Mauritania", "Mauritius"),
        ("Dominica", "Dominican Republic"),
        ("Guinea", "Guinea-Bissau"),
        ("Guinea", "Papua New Guinea"),
        ("Sudan", "South Sudan"),
        ("North Korea", "South Korea"),
        ("Republic of the Congo", "DRC"),
        ("Ireland", "Northern Ireland"),
        ("Mexico", "New Mexico"),
        ("Iran", "Iraq"),
        ("Scotland", "England"),
    ],
)
def test_different_countries(one, other):
    assert codes(one)
    assert codes(other)
    assert not codes(one) & codes(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dutch", "Netherlands"),
        ("Dutch", "Holland"),
        ("Swiss", "Switzerland"),
        ("Greek", "Greece"),
        ("American", "United States"),
        ("U.S.", "United States"),
        ("US", "U.S."),
        ("USA", "America"),
        ("UK", "British"),
        ("Filipino", "Philippines"),
        ("Philippine", "Philippines"),
        ("South Korean", "Republic of Korea"),
        ("DRC", "Democratic Republic of Congo"),
        ("UAE", "Emirati"),
        ("Türkiye", "Turkey"),
        ("Myanmar", "Burmese"),
        ("Viet Nam", "Vietnamese"),
        ("Côte d’Ivoire", "Ivory Coast"),
        ("Germans", "Germany"),
        ("Iraqis", "Iraq"),
        ("Nigerien", "Niger"),
        ("St. Lucia", "Saint Lucia"),
        ("CHINA", "Chinese"),
    ],
)
def test_one_country(one, other):
    assert codes(one) & codes(other)


def test_a_form_of_two_countries_may_mean_each():
    assert codes("Congolese") == {"CD", "CG"}
    assert codes("Korean") == codes("North Korea") | codes("South Korea")


@pytest.mark.parametrize(
    "word",
    [
        "Francis",
        "Polanski",
        "Portman",
        "Malinowski",
        "Romantic",
        "Angolia",
        "Chinatown",
        "Indiana",
        "us",
        "Us",
        "polish",
        "turkey",
        "Un",
        "Beijing",
        "Minister",
    ],
)
def test_what_begins_like_a_country_is_none(word):
    assert not codes(word)
    assert not is_demonym(word)


def test_a_country_is_no_demonym():
    assert is_demonym("Dutch")
    assert is_demonym("Filipinos")
    assert not is_demonym("Philippines")
    assert not is_demonym("Laos")


def test_words_of_countries_in_a_text_are_the_longest():
    text = "U.S., Guinea-Bissau and Democratic Republic of the Congo envoys met South Koreans in China."
    found = [(text[w.start : w.end], w.demonym) for w in country_words(text)]
    assert found == [
        ("U.S", False),
        ("Guinea-Bissau", False),
        ("Democratic Republic of the Congo", False),
        ("South Koreans", True),
        ("China", False),
    ]


def test_a_part_of_a_text_has_no_half_words():
    text = "In Nigeria and China"
    assert list(country_words(text, 0, 8)) == []
    assert list(country_words("UnIran", 2)) == []
    assert [w.start for w in country_words(text, 4)] == [15]


def test_the_table_has_all_members_of_the_united_nations_once():
    lines = (files("rag.text") / "countries.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    told = [code for code, _, _ in rows]
    assert len(told) == len(set(told))
    first = lines.index("# UN members, ISO 3166-1") + 1
    assert lines.index("# UN observers") - first == 193
    for code, names, _ in rows:
        for name in names.split(";"):
            assert code in codes(name), name


def test_the_table_is_read_when_it_is_first_asked():
    program = (
        "import sys, rag.text.entities, rag.text.countries as c\n"
        "assert not c._table.cache_info().currsize"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
