"""Where right answers are lost: the order of the steps, by hand."""

import pytest

from eval.losses import MEANINGS, Loss, count_losses, loss_of, remaining


@pytest.mark.parametrize(
    ("retrieved", "read", "quoted", "worded", "abstained", "loss"),
    [
        (False, False, False, False, False, Loss.NOT_RETRIEVED),
        (False, False, False, False, True, Loss.NOT_RETRIEVED),
        (True, False, False, False, False, Loss.NOT_READ),
        (True, True, False, True, True, Loss.OTHER_SENTENCE),
        (True, True, True, False, True, Loss.OTHER_WORDS),
        (True, True, True, True, True, Loss.HELD_BACK),
        (True, True, True, True, False, Loss.TOLD),
        # another article than those listed may hold the answer
        (False, False, True, True, False, Loss.TOLD),
    ],
)
def test_the_first_step_that_loses_counts(retrieved, read, quoted, worded, abstained, loss):
    found = loss_of(
        retrieved=retrieved, read=read, quoted=quoted, worded=worded, abstained=abstained
    )
    assert found is loss


def test_counts_and_what_remains():
    counts = count_losses([Loss.TOLD, None, Loss.HELD_BACK, Loss.NOT_RETRIEVED, Loss.TOLD])
    assert list(counts) == list(Loss) == list(MEANINGS)
    assert sum(counts.values()) == 4
    assert list(remaining(counts).values()) == [3, 3, 3, 3, 2, 2]
    assert remaining(counts)[Loss.TOLD] == counts[Loss.TOLD]
    assert count_losses([None]) == {} == remaining({})
