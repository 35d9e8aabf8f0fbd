"""Presscite beside what a person would take in its place: the same texts, questions, weights, machine.

``python -m eval.lab.baselines`` runs every one that is installed, each in a process of its own.
"""
