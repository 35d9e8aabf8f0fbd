"""The web chat, the JSON API and the article pages."""
