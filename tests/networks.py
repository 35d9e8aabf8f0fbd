"""A tiny untrained network in Hugging Face's format, for tests of readers by folder."""

import json


def tiny_network(folder):
    """Save one with the packaged vocabulary into a folder; returns the folder."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast
    from transformers.utils import logging

    from eval.lab.export.float_weights import float32_folder

    logging.disable_progress_bar()
    torch.manual_seed(7)
    tokenizer = BertTokenizerFast.from_pretrained(str(float32_folder()))
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_metadata(folder, **more):
    """Write a ``reader.json`` for tests that have no weights."""
    fitted = {
        "weights": {"null_score_diff": 1.0},
        "intercept": 0.0,
        "threshold": 0.5,
        "thresholds": [[0.9, 0.8]],
    }
    metadata = {
        "calibration": fitted,
        "ranker_weights": {"null_score_diff": 1.0},
        "sha256": "0",
        **more,
    }
    (folder / "reader.json").write_text(json.dumps(metadata))
