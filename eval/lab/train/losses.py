"""Training losses over the scores of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from eval.lab.train.features import Batch


def objective(scores: Tensor, batch: Batch, compared: float) -> Tensor:
    """Return `loss_of`, and ``compared`` times `comparison_of`."""
    loss = loss_of(scores, batch)
    return loss + compared * comparison_of(scores, batch) if compared else loss


def loss_of(scores: Tensor, batch: Batch) -> Tensor:
    """Return the mean negative log-likelihood of each pair's accepted answers, summed over them.

    Where spans are marked: -log sum over accepted (s, e) of share * p(s) * p(e) (Clark & Gardner 2018);
    where sentences are marked: the probability that start and end fall inside one.
    """
    logs = torch.log_softmax(scores + torch.from_numpy(batch.open)[:, :, None], dim=1)
    return -_accepted(logs, batch).mean()


def comparison_of(scores: Tensor, batch: Batch) -> Tensor:
    """Return the mean negative log-likelihood of accepted answers among all passages of a question.

    Spans are scored by the null score difference of their passage, as the reader ranks them; 0
    where no question of the batch has both a passage that answers and one that does not. After the shared
    normalisation of Clark & Gardner 2018.
    """
    opened = scores + torch.from_numpy(batch.open)[:, :, None]
    starts, ends = opened[:, :, 0], opened[:, :, 1]
    nulls = starts[:, 0] + ends[:, 0]
    everything = torch.logsumexp(starts[:, 1:], dim=1) + torch.logsumexp(ends[:, 1:], dim=1) - nulls
    accepted = _accepted(opened, batch) - nulls
    answers = torch.from_numpy(batch.by_sentence | (batch.firsts[:, 0] > 0))
    asked = torch.from_numpy(batch.asked)
    same = asked[:, None] == asked[None, :]
    compared = answers & (same & ~answers[None, :]).any(dim=1)
    if not compared.any():
        return scores.new_zeros(())
    shut = torch.finfo(scores.dtype).min
    total = torch.logsumexp(everything.expand(len(asked), -1).masked_fill(~same, shut), dim=1)
    right = accepted.expand(len(asked), -1).masked_fill(~(same & answers[None, :]), shut)
    return (total - torch.logsumexp(right, dim=1))[compared].mean()


def _accepted(scores: Tensor, batch: Batch) -> Tensor:
    """Return (B,): the log of the summed exponentials of the scores of each pair's accepted answers."""
    starts, ends = scores[:, :, 0], scores[:, :, 1]
    firsts, lasts = torch.from_numpy(batch.firsts), torch.from_numpy(batch.lasts)
    spans = torch.logsumexp(
        starts.gather(1, firsts) + ends.gather(1, lasts) + torch.from_numpy(batch.shares), dim=1
    )
    inside = torch.from_numpy(batch.inside)
    regions = torch.logsumexp(starts + inside, dim=1) + torch.logsumexp(ends + inside, dim=1)
    return torch.where(torch.from_numpy(batch.by_sentence), regions, spans)
