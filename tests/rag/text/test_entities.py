"""Which capitalised words are persons, places and offices."""

import pytest

from rag.text.entities import CasingStats, country_of, find_locations, find_offices, find_persons


def best(offers, text):
    start, end, _ = max(offers, key=lambda o: o[2])
    return text[start:end]


def surest_person(text, *context):
    known = CasingStats.of([text, *context])
    return best(find_persons(text, known), text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Following the parade, Minister Ana Duarte thanked the crews.", "Ana Duarte"),
        ("During the drill the engineer Tomas Berg, a professor, fell ill.", "Tomas Berg"),
        ("President of the Port Authority of Norway Ingrid Solheim arrived.", "Ingrid Solheim"),
        ("The River Council of Bergamo elected Luca Conti on Monday.", "Luca Conti"),
        ("Chilean President Rosa Vidal spoke.", "Rosa Vidal"),
    ],
)
def test_person_stands_without_title_opener_or_body(text, name):
    assert surest_person(text) == name


def test_word_that_also_stands_in_lower_case_is_no_name():
    text = "Officials Praised Delia Marsh."
    known = CasingStats.of([text, "many officials praised her"])
    assert [text[a:b] for a, b, _ in find_persons(text, known)] == ["Delia Marsh"]


def test_countries_and_cities_are_not_persons():
    text = "Portugal beat Brazil in Lisbon."
    known = CasingStats.of([text, "The team stayed in Lisbon."])
    assert find_persons(text, known) == []


def test_place_after_in_is_surer_than_one_without():
    text = "Lena Fox met Omar Diaz in Salto."
    known = CasingStats.of([text])
    assert best(find_locations(text, known), text) == "Salto"


def test_place_word_makes_a_place():
    text = "Omar Diaz praised the Orchid Palace."
    assert best(find_locations(text, CasingStats.of([text])), text) == "Orchid Palace"


def test_deputy_is_another_office():
    assert [o[2] for o in find_offices("Deputy Prime Minister")] == ["deputy prime minister"]
    assert [o[2] for o in find_offices("the Prime Minister and a Mayor")] == [
        "prime minister",
        "mayor",
    ]


@pytest.mark.parametrize(
    ("text", "word", "country"),
    [
        ("the President of Kenya spoke", "President", "KE"),
        ("Kenyan President Odera spoke", "President", "KE"),
        ("Kenya's Minister spoke", "Minister", "KE"),
        ("the U.S. President spoke", "President", "US"),
        ("South Korea's new President spoke", "President", "KR"),
        ("the Chancellor of Austria spoke", "Chancellor", "AT"),
        ("the Chancellor of the Democratic Republic of the Congo spoke", "Chancellor", "CD"),
        ("the Minister of Foreign Affairs of the Netherlands spoke", "Minister", "NL"),
        ("the Governor of New Mexico spoke", "Governor", "US-NM"),
        ("the President spoke", "President", None),
        ("Francis, President of the club, spoke", "President", None),
    ],
)
def test_country_of_an_office(text, word, country):
    start = text.index(word)
    assert country_of(text, start, start + len(word)) == ({country} if country else set())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Pope Francis visited Mongolia in September.", "Francis"),
        ("Director Polanski was in Paris.", "Polanski"),
        ("South Korean Yoon Min-ho won.", "Yoon Min-ho"),
        ("President of South Korea Han Min-ho spoke.", "Han Min-ho"),
        ("King of Jordan Amir Saleh spoke.", "Amir Saleh"),
        ("Minister of Fisheries of Jordan Amir Saleh spoke.", "Amir Saleh"),
        ("Jordan Hale scored twice.", "Jordan Hale"),
        ("Leah Portman met Chad Weller.", "Leah Portman"),
    ],
)
def test_person_beside_the_name_of_a_country(text, name):
    assert surest_person(text) == name


def test_country_that_is_a_surname_in_the_passages_is_a_person():
    text = "Jordan scored 30 points."
    known = CasingStats.of([text, "Miles Jordan scored."])
    assert [text[a:b] for a, b, _ in find_persons(text, known)] == ["Jordan"]
    assert find_persons(text, CasingStats.of([text])) == []


@pytest.mark.parametrize("people", ["South Koreans", "Germans", "Filipinos", "United States"])
def test_a_people_is_no_person(people):
    text = f"{people} won."
    assert find_persons(text, CasingStats.of([text])) == []
