import pytest

from rag.reader.ordinals import about_another, numbered


@pytest.mark.parametrize(
    ("question", "text", "wanted"),
    [
        ("Who led the 14th session?", "Brook led the 15th session in May.", True),
        ("Who led the fourteenth session?", "Brook led the 14th session in May.", False),
        ("Who led the 14th session?", "After the 14th session Brook led the 15th sessions.", False),
        ("Who led the 14th session?", "Brook led the third round.", False),
        ("Who led the session?", "Brook led the 15th session.", False),
        ("Who led the twenty-first session?", "Brook led the 21st session.", False),
        ("Who led the first session?", "Brook led the twenty-first session.", True),
        ("When was the second visit?", "His first visit was in May.", True),
        ("Who sold 14 ferries?", "Brook sold 15 ferries.", False),
        ("Who came on May 4th 2011?", "Brook came on May 5th 2011.", False),
    ],
)
def test_another_session_is_another(question: str, text: str, wanted: bool) -> None:
    assert about_another(numbered(question), text) is wanted


def test_each_noun_has_its_numbers() -> None:
    assert numbered("the 3rd and 4th sessions, the 5th session; a second vote") == {
        "session": {4, 5},
        "vote": {2},
    }
