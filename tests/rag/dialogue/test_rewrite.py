"""Follow-ups become questions that stand alone; what stands alone is left alone."""

import pytest

from rag.dialogue.rewrite import rewrite_query
from rag.types import Turn

FERRIES = [Turn("How many ferries did Lindau order in 2030?", "seven")]
MAYOR = [Turn("Who is the mayor of Lindau?", "Greta Holm")]


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor of Bregenz?",
        "What did Greta Holm say about the trams?",
        "How many trams were ordered in 2031?",
        "When will the first ferry sail?",
    ],
)
def test_what_stands_alone_is_left_alone(question):
    assert rewrite_query(question, FERRIES) is None
    assert rewrite_query(question, ()) is None


def test_without_history_nothing_is_filled_in():
    assert rewrite_query("And in 2031?", ()) is None
    assert rewrite_query("When was she born?", ()) is None


@pytest.mark.parametrize(
    ("history", "question", "named"),
    [
        (MAYOR, "When was she elected?", ["Greta Holm", "elected"]),
        (MAYOR, "What is her party?", ["Greta Holm's", "party"]),
        (FERRIES, "And in 2031?", ["How many ferries did Lindau order in 2031?"]),
        (FERRIES, "What about Bregenz?", ["ferries", "Bregenz"]),
        (FERRIES, "When was that decided?", ["ferries", "Lindau", "decided"]),
        (FERRIES, "Why?", ["ferries", "Lindau"]),
        (FERRIES, "How much did they cost?", ["cost", "ferries"]),
    ],
)
def test_follow_ups_get_what_they_leave_unsaid(history, question, named):
    made = rewrite_query(question, history)
    assert made is not None
    assert made.endswith("?")
    assert [words for words in named if words not in made] == []


def test_the_newest_person_is_meant():
    history = [*MAYOR, Turn("Who chaired the council?", "Ann Other")]
    made = rewrite_query("When was she born?", history)
    assert made is not None
    assert "Ann Other" in made


def test_every_word_comes_from_the_conversation():
    history = [
        Turn("Who signed the Lake Charter?", "Bo Third"),
        Turn("Where was it signed?", "in Arbon"),
    ]
    for question in ("And when?", "Did he speak?", "Why was it needed?", "What about Konstanz?"):
        made = rewrite_query(question, history) or ""
        known = f"{question} {' '.join(f'{turn.question} {turn.answer}' for turn in history)}"
        words = made.replace("'s", "").replace("(", " ").replace(")", " ").replace("?", " ").split()
        assert [word for word in words if word.lower() not in known.lower()] == []


@pytest.mark.parametrize(
    "question", ["", "?", "And?", "it", "he " * 500, "and " * 500, "\n", "(((", "\\1 he"]
)
def test_odd_questions_do_no_harm(question):
    for history in (
        MAYOR,
        FERRIES,
        [Turn("", None)],
        [Turn("(?P<x>", "\\g<0>")],
        [Turn("He?", "He")],
    ):
        made = rewrite_query(question, history)
        assert made is None or isinstance(made, str)


@pytest.mark.parametrize(
    "question",
    [
        "Did Apple say it would build a plant in Ohio?",
        "Is there a deadline for the talks?",
        "Will there be a vote in Graz?",
        "What is IT spending in Germany?",
        "So who won the Hanoi derby?",
        "But why did the talks in Geneva fail?",
        "And what does DOC stand for?",
        "Did the minister say that he would resign?",
        "Did Putin say he would meet Trump?",
        "Did companies say they would leave Russia?",
        "Why do banks fail when they lend too much?",
        "How many islands are there in Greece?",
        "Which minister said he would resign?",
        "When did Xi visit his birthplace?",
        "Which company moved its headquarters to Graz?",
        "When it was sold, what was Twitter worth?",
        "Is it true that Russia left the talks?",
        "How long does it take to fly to Geneva?",
        "Did the report say that sanctions work?",
        "Which law that Congress passed was struck down?",
        "What happened this year in Graz?",
        "Hanoi derby result",
        "Thanks",
        "Really?",
    ],
)
def test_what_names_its_own_subject_is_left_alone(question):
    for history in (MAYOR, FERRIES, [Turn("Where was the summit held?", "Geneva")]):
        assert rewrite_query(question, history) is None


PEOPLE = [Turn("How many people live in Graz?", "300,000")]
TRADE = [Turn("What was trade worth in 2022?", "$5m")]
VOTE = [Turn("Who won the vote in Austria in May 2022?", "Anna Berg")]
FRANCE = [Turn("Who is the prime minister of France?", "Jean Dupont")]


@pytest.mark.parametrize(
    ("history", "question", "made"),
    [
        (
            [Turn("What is the capital of France?", "Paris")],
            "And in Germany?",
            "What is the capital of Germany?",
        ),
        (PEOPLE, "In Bregenz?", "How many people live in Bregenz?"),
        (PEOPLE, "And Bregenz?", "How many people live in Bregenz?"),
        (PEOPLE, "What about Bregenz?", "How many people live in Bregenz?"),
        (PEOPLE, "and how about Bregenz", "How many people live in Bregenz?"),
        (TRADE, "2023?", "What was trade worth in 2023?"),
        (TRADE, "And in 2023?", "What was trade worth in 2023?"),
        ([Turn("What was trade worth?", "$5m")], "And in 2023?", "What was trade worth in 2023?"),
        ([Turn("What was trade worth?", "$5m")], "2023?", "What was trade worth in 2023?"),
        (
            [Turn("How did GDP change from 2019 to 2021?", "it fell")],
            "And in 2022?",
            "How did GDP change in 2022?",
        ),
        (VOTE, "And in Germany?", "Who won the vote in Germany in May 2022?"),
        (VOTE, "And in Germany in 2023?", "Who won the vote in Germany in May 2023?"),
        (VOTE, "In June?", "Who won the vote in Austria in June 2022?"),
        (FRANCE, "And of Germany?", "Who is the prime minister of Germany?"),
        (FRANCE, "And the president?", "Who is the president of France?"),
        (FRANCE, "And Germany's?", "Who is the prime minister of Germany?"),
        (FERRIES, "What about Bregenz?", "How many ferries did Bregenz order in 2030?"),
        (FERRIES, "What about the trams?", "How many trams did Lindau order in 2030?"),
        (FERRIES, "And how many trams?", "How many trams did Lindau order in 2030?"),
        (
            [Turn("When was the bridge opened?", "1999")],
            "And the tunnel?",
            "When was the tunnel opened?",
        ),
        ([Turn("What is the price of oil?", "$80")], "And gas?", "What is the price of gas?"),
        (
            [Turn("How much is a ticket in euros?", "30")],
            "And in dollars?",
            "How much is a ticket in dollars?",
        ),
        (
            [Turn("How much is a ticket from Graz to Linz?", "30")],
            "And to Salzburg?",
            "How much is a ticket from Graz to Salzburg?",
        ),
        (
            [*FRANCE, Turn("Where was he born?", "Lyon")],
            "And his wife?",
            "Where was Jean Dupont's wife born?",
        ),
    ],
)
def test_an_ellipsis_takes_the_place_of_its_like(history, question, made):
    assert rewrite_query(question, history) == made


@pytest.mark.parametrize(
    ("earlier", "question", "made"),
    [
        ("Do Parisians in Paris like Paris?", "And Lyon?", "Do Parisians in Lyon like Paris?"),
        (
            "How many troops did the US send to the US Embassy in Iran?",
            "And in Oman?",
            "How many troops did the US send to the US Embassy in Oman?",
        ),
        ("Is 2022 worth 20220 in 2022?", "2023?", "Is 2022 worth 20220 in 2023?"),
    ],
)
def test_only_the_meant_place_is_replaced(earlier, question, made):
    assert rewrite_query(question, [Turn(earlier, "5")]) == made


SUMMIT = [Turn("Where did Xi Jinping meet Nguyen Phu Trong?", "Hanoi")]
SESSION = [Turn("When was the 15th session of the steering committee?", "December 1, 2023")]


@pytest.mark.parametrize(
    ("history", "question", "begins"),
    [
        (MAYOR, "When did he resign?", "When did Greta Holm resign"),
        (MAYOR, "Who met her?", "Who met Greta Holm"),
        (MAYOR, "Who met her husband?", "Who met Greta Holm's husband"),
        (MAYOR, "How big is it?", "How big is Lindau"),
        (
            [Turn("Who signed the Lake Charter?", "Bo Third")],
            "And when was it signed?",
            "When was the Lake Charter signed",
        ),
        (
            SESSION,
            "How long did that session last?",
            "How long did the 15th session of the steering committee last",
        ),
        (
            SESSION,
            "Who chaired it for China?",
            "Who chaired the 15th session of the steering committee for China",
        ),
        (
            SUMMIT,
            "What did they agree on there?",
            "What did Xi Jinping and Nguyen Phu Trong agree on in Hanoi",
        ),
        (SUMMIT, "How many people live there?", "How many people live in Hanoi"),
        (FERRIES, "How much did they cost?", "How much did the ferries cost"),
        (FERRIES, "Did it pay for them?", "Did Lindau pay for the ferries"),
        (
            [Turn("Which city hosted the Olympics?", "London")],
            "How much did they cost?",
            "How much did the Olympics cost",
        ),
        (
            [Turn("Who is the CEO of Apple?", "Tim Cook")],
            "How many people does it employ?",
            "How many people does Apple employ",
        ),
        (
            [Turn("What did Macron say about the war?", "nothing")],
            "When was he elected?",
            "When was Macron elected",
        ),
        (
            [Turn("What is inflation?", "a rise in prices")],
            "What causes it?",
            "What causes inflation",
        ),
    ],
)
def test_a_pronoun_becomes_what_it_stands_for(history, question, begins):
    made = rewrite_query(question, history)
    assert made is not None
    assert made.rstrip("?").split(" (")[0] == begins


LEYEN = [Turn("What did Ursula von der Leyen propose?", "a fund")]
LAW = [Turn("When did the EU adopt the AI Act?", "2024")]
TESLA = [Turn("What is Tesla's market value?", "$1tn")]
TUNNEL = [Turn("How long is the Gotthard tunnel?", "57 km")]
PARTY = [Turn("Which party won the vote?", "the Green Party")]
REFUGEES = [Turn("Where do most refugees from Syria live?", "Turkey")]
CRASH = [Turn("Where did the plane crash?", "near Almaty")]
TALKS = [Turn("Did Biden meet Xi in Bali?", "yes")]


@pytest.mark.parametrize(
    ("history", "question", "begins"),
    [
        (LEYEN, "Who opposed her?", "Who opposed Ursula von der Leyen"),
        (LEYEN, "And Macron?", "What did Macron propose"),
        (LAW, "What does it ban?", "What does the AI Act ban"),
        (LAW, "And the Data Act?", "When did the EU adopt the Data Act"),
        (TESLA, "And BYD's?", "What is BYD's market value"),
        (TESLA, "And its revenue?", "What is Tesla's revenue"),
        (TESLA, "How many cars did it sell?", "How many cars did Tesla sell"),
        (TUNNEL, "And the Brenner Base Tunnel?", "How long is the Brenner Base Tunnel"),
        (PARTY, "Who leads it?", "Who leads the Green Party"),
        (PARTY, "How many seats did they get?", "How many seats did the Green Party get"),
        (REFUGEES, "And from Ukraine?", "Where do most refugees from Ukraine live"),
        (REFUGEES, "And Ukrainian refugees?", "Where do most Ukrainian refugees live"),
        ([Turn("Why do banks fail?", None)], "Who rescues them?", "Who rescues banks"),
        (CRASH, "Which airline operated it?", "Which airline operated the plane"),
        (TALKS, "What did they discuss?", "What did Biden and Xi discuss"),
        (TALKS, "And in Lima?", "Did Biden meet Xi in Lima"),
    ],
)
def test_everyday_follow_ups_read_well(history, question, begins):
    made = rewrite_query(question, history)
    assert made is not None
    assert made.rstrip("?").split(" (")[0] == begins


@pytest.mark.parametrize(
    ("history", "question", "kept"),
    [
        ([Turn("Where is Apple based?", "Cupertino")], "When was he born?", "When was he born"),
        ([Turn("Which country won?", "France")], "Where does she live?", "Where does she live"),
        (
            [Turn("Who wrote the report?", "the World Bank")],
            "When did she leave?",
            "When did she leave",
        ),
        (MAYOR, "What is their party?", "What is their party"),
        (
            [Turn("When did Xi visit Hanoi?", "May")],
            "When did Xi meet him?",
            "When did Xi meet him",
        ),
    ],
)
def test_no_person_is_made_of_a_thing_nor_a_thing_of_a_person(history, question, kept):
    assert (rewrite_query(question, history) or question).rstrip("?").split(" (")[0] == kept


def test_the_one_before_is_not_looked_for_by_the_number_of_the_one_after():
    history = [Turn("Which session of the council took place in 2023?", "the 15th session")]
    made = rewrite_query("When was the one before it?", history)
    assert made == "When was the one before it (session council took place 2023)?"


def test_what_an_earlier_follow_up_meant_is_remembered():
    history = [*MAYOR, Turn("When was she elected?", "2020"), Turn("And her deputy?", "2021")]
    made = rewrite_query("Where does she live?", history)
    assert made is not None
    assert made.startswith("Where does Greta Holm live")


def test_long_questions_stand_alone_and_only_the_newest_turns_count():
    long = "When did the council of the city of the lake say that it would " * 60
    newest = [Turn("Where does the council meet?", "Bregenz")]
    turns = [Turn(long, "A " * 500), *[Turn("And in Graz, " * 200, "Graz")] * 300]
    assert rewrite_query(long, turns) is None
    assert rewrite_query("What about " + "Graz " * 500, turns) is None
    short = rewrite_query("And in 2023?", [*turns, *newest])
    assert short == rewrite_query("And in 2023?", [*turns[-5:], *newest])
    assert short == "Where does the council meet in 2023?"


@pytest.mark.parametrize(
    ("earlier", "part", "wanted"),
    [
        (
            "What place did Vietnam hold among China's largest trading partners in 2022?",
            "And in 2023?",
            "What place did Vietnam hold among China's largest trading partners in 2023?",
        ),
        ("What was trade worth last year?", "And in 2023?", "What was trade worth in 2023?"),
        ("What was trade worth in 2022?", "And last year?", "What was trade worth last year?"),
        ("What was trade worth in 2022?", "Last year?", "What was trade worth last year?"),
        (
            "What did the mayor say last week?",
            "And this week?",
            "What did the mayor say this week?",
        ),
        (
            "What did the mayor say in September 2022?",
            "And last October?",
            "What did the mayor say last October?",
        ),
        (
            "What was trade worth in the first half of 2022?",
            "What about the first half of 2023?",
            "What was trade worth in the first half of 2023?",
        ),
        (
            "What was trade worth in the first eleven months of 2022?",
            "And in 2023?",
            "What was trade worth in the first eleven months of 2023?",
        ),
        ("Who was the mayor in 2019?", "And now?", "Who was the mayor now?"),
        ("What happened yesterday?", "And two weeks ago?", "What happened two weeks ago?"),
        ("How many died before 2019?", "What about since 2020?", "How many died since 2020?"),
        (
            "What was agreed in October 2022?",
            "And in December?",
            "What was agreed in December 2022?",
        ),
        ("Who won the 2022 World Cup?", "And this year?", "Who won the World Cup this year?"),
        (
            "What was built in Lindau last year?",
            "And Bregenz?",
            "What was built in Bregenz last year?",
        ),
    ],
)
def test_another_time_takes_the_earlier_ones_place(earlier, part, wanted):
    assert rewrite_query(part, [Turn(earlier, "x")]) == wanted
