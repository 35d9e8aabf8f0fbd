"""Any extractive question-answering model of Hugging Face's format as a span network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import ModelError
from rag.reader.scoring import TokenScores

_MAX_PAIR = 384
_OVERLAP = 96
_BATCH = 8


class TransformersScorer:
    """Scores with ``AutoModelForQuestionAnswering``; needs torch, runs where torch runs."""

    def __init__(self, name: str, tokenizer: Any, model: Any) -> None:  # noqa: ANN401
        self.name = name
        self._tokenizer = tokenizer
        self._model = model

    @classmethod
    def load(cls, name: str) -> TransformersScorer:
        """Load a model by folder or hub name; only safetensors weights, never a model's own code.

        Raises
        ------
        ModelError
            Where there is no such model, or it is not one that answers questions.
        """
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        local = Path(name).expanduser().is_dir()
        source = str(Path(name).expanduser()) if local else name
        options = {"trust_remote_code": False, "local_files_only": local}
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True, **options)
            model, report = AutoModelForQuestionAnswering.from_pretrained(
                source, use_safetensors=True, output_loading_info=True, **options
            )
        except Exception as error:
            raise ModelError(
                f"{name}: no question-answering model could be loaded from it "
                f"({type(error).__name__}); name a folder, or try where there is a network"
            ) from error
        if any("qa_outputs" in key for key in report["missing_keys"]):
            raise ModelError(
                f"{name}: that model was not trained to answer questions (it has no qa_outputs); "
                f"name an extractive question-answering model"
            )
        return cls(name, tokenizer, model.eval())

    def score(
        self, question: str, texts: Sequence[str], titles: Sequence[str | None]
    ) -> list[TokenScores]:
        """Return the scores of every text; titles are not shown, these models never saw any."""
        import torch

        encoded = self._tokenizer(
            [question] * len(texts),
            list(texts),
            truncation="only_second",
            max_length=_MAX_PAIR,
            stride=_OVERLAP,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
        )
        offsets = encoded.pop("offset_mapping")
        owners = encoded.pop("overflow_to_sample_mapping")
        found = []
        for first in range(0, len(owners), _BATCH):
            rows = slice(first, first + _BATCH)
            feeds = {name: torch.tensor(values[rows]) for name, values in encoded.items()}
            with torch.inference_mode():
                out = self._model(**feeds)
            starts = out.start_logits.float().numpy()
            ends = out.end_logits.float().numpy()
            for row in range(len(starts)):
                sequence = encoded.sequence_ids(first + row)
                body = [n for n, part in enumerate(sequence) if part == 1]
                places = np.array([offsets[first + row][n] for n in body], np.int64).reshape(-1, 2)
                null = float(starts[row, 0] + ends[row, 0])
                found.append(
                    TokenScores(
                        owners[first + row], places, starts[row, body], ends[row, body], null
                    )
                )
        return found
