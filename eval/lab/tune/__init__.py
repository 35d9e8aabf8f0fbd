"""Chooses the constants in the code by measuring; ``python -m eval.lab.tune --help`` says which."""
