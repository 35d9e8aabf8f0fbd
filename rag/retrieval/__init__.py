"""A question to passages: fusion, filters, time."""
