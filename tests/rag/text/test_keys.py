"""Names of outlets and languages are found however they are typed."""

import pytest

from rag.text.keys import language_key, outlet_key


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("L’Écho du Lac", "l'echo du lac"),
        ("Tuổi Trẻ", "TUOI TRE"),
        ("Đất Việt", "dat viet"),
        ("Süddeutsche", "Su\u0308ddeutsche"),
        ("Die Straße", "die strasse"),
        ("Lake–Wire", "lake-wire"),
        ("Ｌａｋｅ Wire", " lake  wire "),
        ("The People`s Daily", "the peopleʼs daily"),
        ("İzmir Haber", "izmir haber"),
    ],
)
def test_one_outlet_typed_in_two_ways(stored, typed):
    assert outlet_key(stored) == outlet_key(typed)
    assert outlet_key(outlet_key(stored)) == outlet_key(stored)


def test_other_outlets_stay_apart():
    assert (
        len({outlet_key(name) for name in ("Echo", "Echos", "The Echo", "E cho", "回声", "反响")})
        == 6
    )


@pytest.mark.parametrize("tag", ["en", "EN", "en-US", "en_GB", " En-us "])
def test_languages_agree_in_their_primary_subtag(tag):
    assert language_key(tag) == "en"
    assert language_key("de-AT") == "de"
