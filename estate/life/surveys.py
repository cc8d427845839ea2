"""Answers to the question how satisfied a customer was, asked after a contact."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Ints
from estate.life.events import Events


@dataclass(frozen=True)
class Surveys(Events):
    """Answers; source is ``zt99-ankiety``."""

    contact: Ints
    """Row of the contact asked about."""
    score: Ints
    """1 to 5."""
    asked_minute: Ints
    mode: Ints
    """0 by telephone, 1 by e-mail."""
