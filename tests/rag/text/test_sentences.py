"""Where sentences end in news prose, and that no character is lost whatever the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text import sentences
from rag.text.sentences import sentence_spans


def split(text):
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The council met on Dec. 12 in the old town hall.",
        "It was agreed today [Dec. 12] between the two mayors.",
        "The U.S. Senate and the U.N. Charter were both named.",
        "He came from the U.S. and stayed.",
        'The lake follows a "4 No\'s" policy on motors.',
        "Its rule is called No. 7 by everyone.",
        "LKW.VN - The mayor of Lindau met Dr. Holm and Gen. Rossi.",
        "(Lake Wire) 13:14, May 03, 2030",
        "BREGENZ, Dec. 14 (Lake Wire) -- The lake froze.",
        "The yard earned 2.5 million francs (some 3.1 million U.S. dollars) in May.",
        "J. K. Rowling and Xi J. Ping were invited.",
        "Lake Ferries Co. Ltd. was founded by Ann Other Jr. in 1990.",
        "Is it 5 p.m. or 6 a.m. local time?",
        "See e.g. Fig. 3 and vol. 2 for more.",
        'She asked "Why now?" and left.',
        "The rate rose from 3.5 to 3.6 percent... and then fell.",
        "4. Trade and investment",
        "It is found in Art. 12 and Sec. 4 of the law.",
    ],
)
def test_one_sentence_stays_whole(sentence):
    assert split(sentence) == [sentence]


@pytest.mark.parametrize(
    "sentences",
    [
        ["The lake froze.", "The ferries stopped."],
        ["He lives in the U.S.", "She does not."],
        ["They met at 5 p.m.", "The talks were short."],
        ["The answer was no.", "Nobody asked again."],
        ["She studied art.", "Her brother did not."],
        ["They left in May.", "The rest stayed."],
        ["The shop opens on Sat.", "It closes early."],
        ['"The lake is ours."', "He smiled."],
        ['He said: "No!"', "They left."],
        ["Really?", "Yes!", "Well…", "Perhaps."],
        ["It was first shown in 1990.[4]", "It was sold later."],
        ["The war was over.²", "The ferries ran again."],
        ["It grew by 3.6 percent.", "4 boats sank."],
        ["The deal (signed in May.)", "It was long."],
        ["‘Good neighbours, good friends’.", "So they say."],
        ["Hội đồng đã bác bỏ tuyến xe điện.", "Ông Trọng không đồng ý."],
    ],
)
def test_sentences_are_told_apart(sentences):
    assert split(" ".join(sentences)) == sentences


def test_chinese_needs_no_space():
    text = "林道订购了七艘渡轮。“为什么？”他问。议会说：“不！”"
    assert split(text) == ["林道订购了七艘渡轮。", "“为什么？”", "他问。", "议会说：“不！”"]


@pytest.mark.parametrize(
    "sentences",
    [
        ["पुल मई में खुला।", "किराया 40 रुपये है॥", "कौन आया?"],
        ["پل مئی میں کھلا۔", "کون آیا؟", "سب آئے۔"],
        ["متى فُتح الجسر؟", "فُتح في مايو."],
        ["ድልድዩ ተከፈተ።", "ብዙዎች መጡ።"],
        ["တံတားဖွင့်သည်။", "လူများလာသည်။"],
        ["ស្ពានបានបើក។", "មនុស្សជាច្រើនបានមក។"],
        ["पुल खुला।[1]", "«कब?»", "(मई में।)", "सब आए।"],
        ["متى؟!", "(في مايو؟)", "لا."],
    ],
)
def test_full_stops_of_other_scripts_end_a_sentence(sentences):
    assert split(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentence", ["شرح 3۔5 فیصد ہے۔", "پی۔ٹی۔آئی نے کہا۔", "سأل: «متى؟»، قال الوزير.", "ផ្លែឈើ ។ល។"]
)
def test_marks_inside_of_words_and_before_commas_end_none(sentence):
    assert split(sentence) == [sentence]


def test_a_line_break_always_ends_a_sentence():
    assert split("A headline without a stop\n\nThe text, says\nMr.\nHolm.") == [
        "A headline without a stop",
        "The text, says",
        "Mr.",
        "Holm.",
    ]


HARD = ["U.S.", "Dec.", "12", "No.", '"', "Yes", "he", "…", "?", "。", "\n", "(", ")"]


@given(st.text() | st.lists(st.sampled_from(HARD)).map(" ".join))
def test_every_character_lies_in_one_sentence(text):
    spans = sentence_spans(text)
    covered = set()
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        covered.update(range(start, end))
        last = end
    assert all(n in covered for n, character in enumerate(text) if not character.isspace())


@pytest.mark.parametrize("unit", [".", "?!", ". ", '."', "A. ", "No. "])
@pytest.mark.slow
def test_the_work_grows_with_the_text(unit, monkeypatch):
    # Characters looked at by the pattern of a last word: a bounded window a full stop.
    looked_at = 0
    pattern = sentences._LAST_WORD

    class Counting:
        @staticmethod
        def search(text):
            nonlocal looked_at
            looked_at += len(text)
            return pattern.search(text)

    monkeypatch.setattr(sentences, "_LAST_WORD", Counting)
    text = unit * 20_000 + "x"
    sentence_spans(text)
    assert looked_at <= 31 * (text.count(".") + 1)
