"""Tuning of constants, weights and calibration; ``python -m eval.lab.tune --help`` lists them."""
