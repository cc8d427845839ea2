"""What people write to the company, out of ``estate/lookups/messages.yml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from config.strict import read_strict
from estate.life.events import TOPICS
from estate.names import LOOKUPS


class SpamWording(BaseModel):
    """What nobody asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subjects: tuple[str, ...]
    sentences: tuple[str, ...]


class Wording(BaseModel):
    """Subjects and sentences by topic, and who people say they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subjects: dict[str, tuple[str, ...]]
    vague: tuple[str, ...]
    sentences: dict[str, str]
    spam: SpamWording
    nicknames: tuple[str, ...]
    nick_hosts: tuple[str, ...]
    spam_hosts: tuple[str, ...]
    tests: tuple[str, ...]
    comments: tuple[str, ...]


@cache
def wording() -> Wording:
    """The wording, read once."""
    return read_strict(Path(LOOKUPS) / "messages.yml", Wording)


def sentence(topic: int) -> str:
    """What is written about a topic."""
    return wording().sentences[TOPICS[topic]]


def pick(words: tuple[str, ...], luck: float) -> str:
    """One of some words."""
    return words[int(luck * len(words))]
