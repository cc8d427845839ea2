"""Measuring linkage against the truth of a simulated estate."""
