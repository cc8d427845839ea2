"""E-mails and web forms of www.tp.pl, answered by advisors."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Flags, Ints
from estate.life.events import Events


@dataclass(frozen=True)
class Messages(Events):
    """Messages; source is ``zt99-poczta`` for e-mail, ``zt99-formularze`` for forms."""

    topic: Ints
    thread: Ints
    """Row of the message it follows up, NONE for a first one."""
    reply_minutes: Ints
    """Until an advisor answered, NONE for spam."""
    advisor: Ints
    is_spam: Flags
