"""A name inside another name is the same thing, or another one."""

import pytest

from rag.answering.answer_equivalence import same_answer

SAME = [
    ("Xi Jinping", "Chinese President Xi Jinping"),
    ("Hanoi", "the city of Hanoi"),
    ("Hanoi", "Hanoi, Vietnam"),
    ("Hanoi", "Hanoi City"),
    ("Hainan", "China's Hainan Province"),
    ("Tran Luu Quang", "Deputy Prime Minister Tran Luu Quang"),
    ("Tran Luu Quang", "Tran Luu Quang, Deputy Prime Minister of Vietnam"),
    ("President Donald Tell", "former President Donald Tell"),
    ("Tell", "former President Donald Tell"),
    ("Reuters", "the Reuters news agency"),
    ("Xinhua", "Xinhua News Agency"),
    ("Communist Party", "the Communist Party of Vietnam"),
    ("prime minister", "the Prime Minister"),
    ("deputy prime minister", "Deputy Prime Minister"),
    ("foreign minister", "Foreign Minister of China"),
    ("Quang", "Tran Luu Quang"),
    ("Lena Fox", "Lena Fox of the Harbour Council"),
    ("Foreign Ministry", "the Chinese Foreign Ministry"),
    ("Ireland", "the Republic of Ireland"),
    ("New York", "New York City"),
    ("tariffs", "tariffs on steel"),
    ("France", "in France"),
    ("the Security Council", "the UN Security Council"),
    ("Jordan", "Miles Jordan"),
    ("Francis", "Pope Francis"),
]
ANOTHER = [
    ("New York", "New York Times"),
    ("New York", "the New York Times"),
    ("York", "New York"),
    ("prime minister", "deputy prime minister"),
    ("Prime Minister", "Deputy Prime Minister of Vietnam"),
    ("president", "vice president"),
    ("President", "Vice-President"),
    ("minister", "former minister"),
    ("the mayor of Lindau", "the acting mayor of Lindau"),
    ("minister", "ex-minister"),
    ("minister", "prime minister"),
    ("president", "president-elect"),
    ("Air France", "France"),
    ("Vietnam", "Vietnam Airlines"),
    ("Vietnam", "Vietnam News Agency"),
    ("China", "Bank of China"),
    ("China", "China Daily"),
    ("Graz", "University of Graz"),
    ("Graz", "Graz University"),
    ("France", "the capital of France"),
    ("Hanoi", "Hanoi's Old Quarter"),
    ("prime minister", "the prime minister's office"),
    ("Tonkin", "the Gulf of Tonkin"),
    ("Mexico", "New Mexico"),
    ("Ireland", "Northern Ireland"),
    ("US", "US Steel"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_more_exactly_told_is_the_same(one, other):
    assert same_answer(one, other)
    assert same_answer(other, one)


@pytest.mark.parametrize(("one", "other"), ANOTHER)
def test_a_name_inside_another_is_another_thing(one, other):
    assert not same_answer(one, other)
    assert not same_answer(other, one)
