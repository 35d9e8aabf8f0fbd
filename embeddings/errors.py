"""The errors of this layer, and the root of all of presscite's; the whole tree is in `rag.errors`."""


class PressciteError(Exception):
    """The root: catch it to report any error of presscite in one line."""

    def __init__(self, message: str = "") -> None:
        # A library's own message, quoted in ours, may have several lines.
        super().__init__(" ".join(message.split()))


class ModelError(PressciteError):
    """A model is missing, or its weights are not the ones named."""


class EncoderNotFoundError(ModelError):
    """An embedding model is missing, or its weights are not the ones named."""
