"""Lines of a batch: questions with their history and filters, or what is wrong with them."""

import pytest

from rag.errors import QueryError
from rag.types import Turn
from ui.cli.batch import read_question


def test_a_full_line():
    asked = read_question(
        '{"id": [1], "question": "And why?", "since": "2030-01-01", "outlet": "Lake Wire", "language": null,'
        ' "as_of": "2031-02-03",'
        ' "history": [{"question": "Who left?", "answer": "Holm"}, {"question": "When?", "answer": null}]}'
    )
    assert (asked.id, asked.question) == ([1], "And why?")
    assert asked.history == (Turn("Who left?", "Holm"), Turn("When?", None))
    assert asked.filters == {
        "since": "2030-01-01",
        "until": None,
        "outlet": "Lake Wire",
        "language": None,
        "collection": None,
        "as_of": "2031-02-03",
    }


def test_a_question_alone():
    asked = read_question('{"question": "Who?"}')
    assert (asked.id, asked.history) == (None, ())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no 'question'"),
        ('"Who?"', "no 'question'"),
        ("{}", "no 'question'"),
        ('{"question": 7}', "no 'question'"),
        ('{"question": "Who?", "since": 2030}', "since is 2030, not a string"),
        ('{"question": "Who?", "as_of": 2030}', "as_of is 2030, not a string"),
        ('{"question": "Who?", "history": {}}', "history is not a list"),
        ('{"question": "Who?", "history": ["Who?"]}', "no question with an answer"),
        ('{"question": "Who?", "history": [{"answer": "x"}]}', "no question with an answer"),
        (
            '{"question": "Who?", "history": [{"question": "x", "answer": 1}]}',
            "no question with an answer",
        ),
    ],
)
def test_what_is_no_question(line, reason):
    with pytest.raises(QueryError, match=reason):
        read_question(line)
