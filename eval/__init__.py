"""Measuring how well presscite answers."""
