"""An extractive question-answering model in Hugging Face's format as a span scorer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import ModelError
from rag.reader.scoring import TokenScores

_MAX_PAIR = 384
_MAX_QUESTION = 64
_OVERLAP = 96
_BATCH = 8
_TIMEOUT = 10.0


class TransformersScorer:
    """Scores with ``AutoModelForQuestionAnswering``; needs torch, runs where torch runs."""

    def __init__(self, name: str, tokenizer: Any, model: Any) -> None:  # noqa: ANN401
        self.name = name
        self._tokenizer = tokenizer
        self._model = model
        positions = getattr(model.config, "max_position_embeddings", None) or 0
        self._max_pair = min(_MAX_PAIR, positions) if positions > 0 else _MAX_PAIR
        self._max_question = min(_MAX_QUESTION, self._max_pair // 4)

    @classmethod
    def load(cls, name: str) -> TransformersScorer:
        """Load a model by folder or hub name; only safetensors weights, never a model's own code.

        Raises
        ------
        ModelError
            Where there is no such model, or it is not one that answers questions.
        """
        folder = Path(name).expanduser()
        try:
            if folder.is_dir():
                return cls._loaded(name, str(folder), local=True)
            if name.startswith(("/", "~", ".")):
                raise ModelError(f"{name}: no such folder; name one with a model in it")
            if _is_cached(name):
                return cls._loaded(name, name, local=True)
            _ask_the_hub(name)
            return cls._loaded(name, name, local=False)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(
                f"{name}: no question-answering model could be loaded from it "
                f"({type(error).__name__}); name presscite, evidence, a folder with a model and its "
                "tokenizer, or a model of the hub where there is a network"
            ) from error

    @classmethod
    def _loaded(cls, name: str, source: str, *, local: bool) -> TransformersScorer:
        import torch
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        options = {"trust_remote_code": False, "local_files_only": local}
        with _quiet():
            tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True, **options)
            model, report = AutoModelForQuestionAnswering.from_pretrained(
                source,
                use_safetensors=True,
                output_loading_info=True,
                dtype=torch.float32,
                **options,
            )
        if any("qa_outputs" in key for key in report["missing_keys"]):
            raise ModelError(
                f"{name}: the model is not trained for question answering (it has no qa_outputs); "
                f"name an extractive question-answering model"
            )
        return cls(name, tokenizer, model.eval())

    def score(self, question: str, texts: Sequence[str], leads: Sequence[str]) -> list[TokenScores]:
        """Return the scores of every text; leads are ignored, as these models saw none in training."""
        import torch

        encoded = self._tokenizer(
            [self._shortened(question)] * len(texts),
            list(texts),
            truncation="only_second",
            max_length=self._max_pair,
            stride=min(_OVERLAP, self._max_pair // 4),
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
                spans = np.array([offsets[first + row][n] for n in body], np.int64).reshape(-1, 2)
                cls = self._cls_position(encoded["input_ids"][first + row])
                null = float(starts[row, cls] + ends[row, cls])
                found.append(
                    TokenScores(
                        owners[first + row], spans, starts[row, body], ends[row, body], null
                    )
                )
        return found

    def _shortened(self, question: str) -> str:
        """Return a question truncated so that the passage fits beside it; only passages overflow."""
        offsets = self._tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)[
            "offset_mapping"
        ]
        if len(offsets) <= self._max_question:
            return question
        return question[: offsets[self._max_question - 1][1]]

    def _cls_position(self, ids: list[int]) -> int:
        """Return the position of the null score: most models have [CLS] first, a few last."""
        token = self._tokenizer.cls_token_id
        return ids.index(token) if token in ids else 0


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence transformers while a model loads, then restore the process's own settings."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def _is_cached(name: str) -> bool:
    """Whether the hub's client has all files of that model in its cache."""
    from huggingface_hub import try_to_load_from_cache

    files = ("config.json", "model.safetensors")
    return all(isinstance(try_to_load_from_cache(name, file), str) for file in files)


def _ask_the_hub(name: str) -> None:
    """Ask once whether the hub has that model; loading would retry for a minute."""
    from huggingface_hub import HfApi

    HfApi().model_info(name, timeout=_TIMEOUT)
