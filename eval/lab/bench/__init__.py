"""Benchmarks of speed, memory and scale, each with a baseline in the same run."""
