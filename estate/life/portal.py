"""Logins to the portal "Konto w TP", people's, machines' and repeated ones."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Flags, Ints
from estate.life.events import Events


@dataclass(frozen=True)
class Logins(Events):
    """Logins; source is ``zt99-portal``. ``party`` is the first row of the book that belongs to the login."""

    second: Ints
    login: Ints
    """Number of the login; its text is ``book.login_texts``; NONE for a name nobody has."""
    is_ok: Flags
    is_bot: Flags
    is_retry: Flags
    """A client repeating a request within seconds."""
    address: Ints
    """IPv4 address as a number, of a documentation network."""
    agent: Ints
    """Which of the usual browsers, from 0."""
