"""Follow-up questions in dialogues over the sample and invented news: data and their measuring."""
