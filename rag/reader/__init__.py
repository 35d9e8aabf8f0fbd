"""Reading passages: from a question and passages to spans that answer."""
