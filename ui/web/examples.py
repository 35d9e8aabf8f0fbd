"""Questions to click when the built-in sample answers."""

SAMPLE_EXAMPLES = (
    "How many cooperation agreements were signed during Xi's visit?",
    "What was goods trade between China and Vietnam worth?",
    "Who co-chaired the 15th session of the steering committee?",
    "What does UNCLOS stand for?",
    "How much did the visit cost?",
)
