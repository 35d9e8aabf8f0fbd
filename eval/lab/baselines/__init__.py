"""Presscite beside baseline systems: the same texts, questions, weights and machine.

``python -m eval.lab.baselines`` runs every one that is installed, each in a process of its own.
"""
