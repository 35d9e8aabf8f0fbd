"""What people said of answers: right, wrong, or where the right one stands; kept beside an index."""

from eval.feedback.questions import FeedbackQuestions, question_record, questions_of
from eval.feedback.records import MAX_WORDS, Feedback, KeptFeedback, Verdict
from eval.feedback.store import FILE, MAX_RECORDS, FeedbackStore

__all__ = [
    "FILE",
    "MAX_RECORDS",
    "MAX_WORDS",
    "Feedback",
    "FeedbackQuestions",
    "FeedbackStore",
    "KeptFeedback",
    "Verdict",
    "question_record",
    "questions_of",
]
