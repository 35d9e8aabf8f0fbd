"""Who says what a quote says: speakers before and behind, by pronoun, in and without quotation marks."""

import pytest

from rag.text.attribution import attribution_of, untagged_speaker

BEFORE = "The vote was held on Monday. "


@pytest.mark.parametrize(
    ("text", "answer", "speaker", "in_quotes"),
    [
        ('"The locks held," said Mira Solheim.', "The locks held", "Mira Solheim", True),
        ('Mayor Mira Solheim said the locks were "sound".', "sound", "Mira Solheim", True),
        ("Mira Solheim said that the locks had held.", "the locks had held", "Mira Solheim", False),
        ("Mira Solheim, who succeeded Tor Bakke, said the locks had held.", "held", "Mira Solheim", False),
        ('Mira Solheim of the River Board said it was "a mess".', "a mess", "Mira Solheim", True),
        ("The owner of Casa Lumo, Greta Teles, said she felt relief.", "relief", "Greta Teles", False),
        ('"We lost," said Nord\'s coach, Morten Skaar.', "We lost", "Morten Skaar", True),
        ("At least 38 people were hurt, the coastguard said.", "38", "the coastguard", False),
        ('Mira Solheim spoke first. "The locks held," she said.', "The locks held", "Mira Solheim", True),
        ("Mira Solheim spoke first. She said the locks had held.", "held", "Mira Solheim", False),
        (
            'Solheim, who beat Tor Bakke in May, blamed rust. "It is old," she said.',
            "It is old",
            "Solheim",
            True,
        ),
        (f"{'İ' * 30} lost 40 boats, according to Ann Lee.", "40 boats", "Ann Lee", False),
        (
            'A spokesman of Belt Lines, Jo Brandal, denied it. "It was tested," he said.',
            "It was tested",
            "Jo Brandal",
            True,
        ),
        ("According to Mira Solheim, the locks had held.", "the locks had held", "Mira Solheim", False),
        ("The clerk counts 36 boats; the Echo wrote of over 30.", "over 30", "Echo", False),
        ("Tolls fell by 3 percent, while wages rose, Mira Solheim said.", "3 percent", "Mira Solheim", False),
    ],
)  # fmt: skip
def test_the_speaker_is_named(text, answer, speaker, in_quotes):
    found = _attribution(BEFORE + text, answer)
    assert found is not None
    assert (found.speaker, found.in_quotes) == (speaker, in_quotes)


@pytest.mark.parametrize(
    ("text", "answer", "is_body"),
    [
        ('"The locks held," the coastguard said.', "The locks held", True),
        ("At least 38 people were hurt, the coastguard said.", "38", True),
        ('"The locks held," said Mira Solheim.', "The locks held", False),
        ('Mira Solheim spoke first. "The locks held," she said.', "The locks held", False),
    ],
)
def test_a_body_is_told_from_a_person(text, answer, is_body):
    assert _attribution(BEFORE + text, answer).is_body == is_body


@pytest.mark.parametrize(
    ("tag", "speaker"),
    [
        ("said the lawyer for Tor Bakke", "the lawyer for Tor Bakke"),
        ("the lawyer for Tor Bakke said", "the lawyer for Tor Bakke"),
        ("the brother of Tor Bakke told reporters", "the brother of Tor Bakke"),
        ("the widow of Tor Bakke said", "the widow of Tor Bakke"),
        ("said the widow of Mr. Tor Bakke", None),
        ("the widow of Mr. Tor Bakke said", None),
        ("said a lawyer for the former mayor Tor Bakke", None),
        ("the mayor of Orvel said", "the mayor of Orvel"),
        ("said the mayor of London on Monday", "the mayor of London"),
        ("a spokesman for Tarnholm said", "a spokesman for Tarnholm"),
        ("a clerk for the Ministry of Health told Tor Bakke", "a clerk for the Ministry of Health"),
        ("the Ministry of Health said", "the Ministry of Health"),
        ("according to the lawyer for Tor Bakke", "the lawyer for Tor Bakke"),
        ("the lawyer said to Tor Bakke", "the lawyer"),
        ("she said of Tor Bakke", None),
    ],
)  # fmt: skip
def test_a_name_in_a_title_does_not_speak(tag, speaker):
    found = _attribution(f"{BEFORE}“The locks held,” {tag}.", "The locks held")
    assert (found and found.speaker) == speaker
    assert found is None or (found.is_body and found.in_quotes)


@pytest.mark.parametrize(
    "tag",
    [
        "said Tor Bakke, the mayor of Orvel",
        "Tor Bakke, the mayor of Orvel, said",
        "said the mayor of Orvel, Tor Bakke",
        "said Mayor Tor Bakke of Orvel",
        "Secretary of State Tor Bakke said",
        "said Tor Bakke, a lawyer for Mira Solheim",
        "Tor Bakke told the lawyer for Mira Solheim",
        "Tor Bakke said to Mira Solheim",
        "according to Tor Bakke",
    ],
)
def test_a_name_beside_a_title_speaks(tag):
    found = _attribution(f"{BEFORE}“The locks held,” {tag}.", "The locks held")
    assert (found.speaker, found.is_body) == ("Tor Bakke", False)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("The locks held, said the lawyer for Tor Bakke.", "the lawyer for Tor Bakke"),
        ("The locks held, the mayor of Orvel said.", "the mayor of Orvel"),
        ("Mira Solheim said the mayor of Orvel was sure the locks held.", "Mira Solheim"),
    ],
)
def test_a_title_tells_without_marks_too(text, speaker):
    found = _attribution(BEFORE + text, "locks held")
    assert (found.speaker, found.in_quotes) == (speaker, False)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The locks held through the night.", "held"),
        ("The lawyer for Tor Bakke told them the locks held.", "the locks held"),
        ("Mira Solheim opened the locks at noon.", "noon"),
        ("Mira Solheim said the locks had held.", "Mira Solheim"),
        ("He said it would rain.", "rain"),
        ("The clerk counts 36 boats; the Echo wrote of over 30.", "36"),
        ("The port took in 40 ships, while Mira Solheim said 20 jobs were lost.", "40 ships"),
        ("Mira Solheim said 20 jobs were lost, whereas the union counts 30.", "30"),
    ],
)
def test_the_reporters_own_statement_has_no_speaker(text, answer):
    assert _attribution(BEFORE + text, answer) is None


def _attribution(text, answer):
    at = text.rindex(answer)
    start = max(text.rfind(". ", 0, at) + 2, 0)
    return attribution_of(text, start, len(text), at, at + len(answer))


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ('"The locks held," Mira Solheim said. "{}"', "Mira Solheim"),
        ('Mira Solheim spoke first. "The locks held," she said. “{}”', "Mira Solheim"),
        ('Mira Solheim said the locks had held. "{}"', "Mira Solheim"),
        ('Mira Solheim said the locks had held.\n\n"{}"', None),
        ('"The locks held," Mira Solheim said. Tor Bakke shook his head. "{}"', None),
        ('"The locks held," the coastguard said. "{}"', None),
        ('"The locks held," Mira Solheim said. On the gate stood "{}"', None),
        ('"{}"', None),
    ],
)
def test_who_goes_on_speaking(text, speaker):
    words = "Nobody will pay for a new gate."
    text = BEFORE.strip() + "\n\n" + text.format(words)
    at = text.index(words)
    assert untagged_speaker(text, at, at + len(words)) == speaker
