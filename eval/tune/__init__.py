"""Chooses the constants in the code by measuring; ``python -m eval.tune --help`` says which."""
