"""Tests of the web chat, its pages and their rendering."""
