"""The one room for language: analysis, sentences, numbers, dates, entities, answer types."""
