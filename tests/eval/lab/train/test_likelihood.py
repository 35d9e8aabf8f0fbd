"""How likely the accepted spans are, by which distant supervision chooses."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from eval.lab.train.likelihood import span_scorer
from eval.lab.train.network import network
from eval.lab.train.plan import Plan
from rag.reader.encoding import SpecialTokens, pair_ids
from tests.eval.lab.train.conftest import SMALL
from tests.eval.lab.train.test_data import DATED, MILL

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("exact")
def test_it_is_the_best_accepted_spans_difference_to_nothing_here(
    weights: Path, tokenizer: Tokenizer
) -> None:
    asked, lead, read = (
        tokenizer.encode(text, add_special_tokens=False)
        for text in (DATED.question, "2 May 1911, 2 days ago | Fire at Sorrel.", DATED.context)
    )
    ids, start = pair_ids(asked.ids, lead.ids, read.ids, SpecialTokens.of(tokenizer))
    net, row = network(SMALL, weights).eval(), torch.tensor([ids])
    with torch.inference_mode():
        (scores,) = net(row, torch.ones_like(row))
    place = start + read.char_to_token(DATED.spans[0][0])
    wanted = (scores[place].sum() - scores[0].sum()).item()
    score = span_scorer(weights, tokenizer, Plan(shape=SMALL))
    # Beside a longer one, which it is padded to.
    longer = replace(MILL, context=f"{MILL.context} {MILL.context}")
    found = score([longer, DATED])
    assert found[1] == pytest.approx(wanted, abs=1e-4)
    assert score([DATED])[0] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.usefixtures("exact")
def test_an_answer_that_has_no_token_is_never_likely(weights: Path, tokenizer: Tokenizer) -> None:
    blank = replace(MILL, context="\u200b \u200b " + MILL.context, spans=((0, 1, 1),))
    assert span_scorer(weights, tokenizer, Plan(shape=SMALL))([blank]) == [-math.inf]
