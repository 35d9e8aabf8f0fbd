"""Hard-wrapped lines become paragraphs; lines that were meant as lines stay."""
# ruff: noqa: E501

import textwrap

import pytest

from rag.ingest.wrapping import unwrap

PARAGRAPHS = [
    "The lake council of Bregenz sentenced nobody on Monday, although its former bookkeeper Ilse "
    "Marn had admitted that she kept two sets of books and a well-filled drawer of receipts.",
    "Marn, 61, told the meeting that the ferries had cost 3.4 million francs more than planned, "
    "and that Mayor Otto Fenn knew of it. He did not answer. The minutes name no other witness.",
    "A second hearing is to be held in Lindau on 4 February, the clerk said.",
]


def wrapped(width):
    return "\n\n".join(textwrap.fill(one, width) for one in PARAGRAPHS)


@pytest.mark.parametrize("width", [45, 58, 66, 72, 78, 80, 100])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_wrapped_paragraphs_are_joined(width, end):
    assert unwrap(wrapped(width).replace("\n", end)).split("\n\n") == PARAGRAPHS


def test_headers_and_headings_stay_lines():
    head = "Bookkeeper admits two sets of books\nBy Ann Other\n3 May 2030\n\n"
    text = unwrap(f"{head}{wrapped(66)}\n\nWhat comes next\n{textwrap.fill(PARAGRAPHS[0], 66)}")
    assert text.startswith(head + PARAGRAPHS[0])
    assert text.endswith(f"What comes next\n{PARAGRAPHS[0]}")


def test_one_long_line_does_not_hide_the_width():
    long = "https://example.org/" + "x" * 85
    assert unwrap(f"{wrapped(70)}\n\n{long}\nSource").split("\n\n")[:3] == PARAGRAPHS


def test_indented_first_lines_open_paragraphs():
    text = "\n".join(textwrap.fill(one, 70, initial_indent="    ") for one in PARAGRAPHS)
    assert [line.strip() for line in unwrap(text).split("\n")] == PARAGRAPHS


def test_a_single_break_inside_a_sentence():
    line = "The ferry of Lindau will stop at the northern pier from now on, but\nnot on Sundays."
    assert unwrap(line) == line.replace("\n", " ")


def test_wraps_before_capitals_only():
    line = (
        "Der Rat von Bregenz hat am Montag nach einer sechsstündigen Sitzung einen\n"
        "Antrag auf den Bau einer Straßenbahn abgelehnt, der achtzehn Millionen\n"
        "Franken kosten sollte."
    )
    assert unwrap(line) == line.replace("\n", " ")


def test_items_of_a_list_keep_their_lines():
    items = [f"- {PARAGRAPHS[0]}", f"- {PARAGRAPHS[1]}"]
    text = "\n".join(textwrap.fill(one, 66, subsequent_indent="  ") for one in items)
    assert unwrap(text).split("\n") == items


def test_chinese_is_joined_without_spaces():
    sentence = "林道市议会星期一决定订购七艘电动渡轮，首艘将于明年五月启航，市长说这些船将取代旧船并降低噪音。"
    text = "\n".join(sentence[n : n + 34] for n in range(0, len(sentence), 34))
    assert unwrap(text + "\n\n" + text).split("\n\n") == [sentence, sentence]


@pytest.mark.parametrize(
    "text",
    [
        # Verse
        "The lake was grey, the lake was wide,\nthe ferry slept along its side,\nand no one heard the evening bell\n"
        "that rang for those who wished us well\nacross the water, past the town,\nuntil the stars were coming down",
        # Verse of long lines
        "I saw the harbour when the winter light came slowly over the roofs\nand nobody was there\n"
        "but one old man who counted ropes and boats as if they all were his\nand sang\n"
        "of rivers he had never crossed and women he had never known in towns\nwithout a name",
        # One sentence a line
        "The council of Bregenz met on Monday and rejected the new tram line.\nIts members voted fourteen to nine after a debate of six hours.\n"
        "The mayor said that she would bring the plan back before the spring.\nHer party had promised the line in both of its last two campaigns.",
        "लिंडाउ की परिषद ने सोमवार को बैठक की और नई ट्राम को नकार दिया।\nसदस्यों ने छह घंटे की बहस के बाद चौदह नौ से मत दिया।\n"
        "महापौर ने कहा कि वह योजना को वसंत से पहले फिर लाएँगी।\nउनके दल ने पिछले दोनों चुनावों में ट्राम का वादा किया था।",
        # Names and offices
        "Ann Other, mayor of Lindau\nBo Third, clerk of the lake council\nCy Fourth, captain\nDi Fifth, engineer of the northern yard",
        # Columns
        "Town          Votes for        Votes against        Absent members\nLindau            14                9                     2 of 25\n"
        "Bregenz            7               12                     1 of 20\nKelm               3                3                     4 of 10",
        "Lindau | 14 votes for the tram line | 9 votes against it | 2 absent\nBregenz | 7 votes for the tram line | 12 votes against | 1 absent",
        # Items
        "1. The council of Lindau wants seven ferries before the summer of 2031\n2. the council of Bregenz wants none of them, as its mayor has written",
        # Paragraphs of one line each
        "\n".join(PARAGRAPHS),
        "",
        "One line without any end",
    ],
)
def test_lines_that_are_meant_stay(text):
    assert unwrap(text) == text


def test_unwrapping_twice_changes_nothing():
    once = unwrap(wrapped(66))
    assert unwrap(once) == once
