"""Engines that run the stages of :mod:`dedupe`: same input, same output, whichever runs them."""
