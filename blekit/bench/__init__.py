"""Benchmarks: our engines beside those of others, in one run, on the same files, each in its own process.

A benchmark is fair to the other side, or it is worth nothing. What a rival gets, how it was tuned and what it is
measured by is written down beside its numbers, and only here (with ``blekit score`` and tests) is a truth opened.
"""
