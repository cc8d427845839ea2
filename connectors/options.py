"""Values of a kind's options, checked where they are read: a misspelt one is named before a byte of a file is."""

from __future__ import annotations

from collections.abc import Mapping

from config.errors import ConfigurationError

_MEANT_OTHERWISE = "\\\r\n\0"


def number_option(options: Mapping[str, object], name: str, *, default: int, least: int = 0, kind: str) -> int:
    """A whole number.

    Raises:
        ConfigurationError: it is none, or less than the least one.
    """
    text = str(options.get(name, default))
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise ConfigurationError(f"kind {kind}: options.{name}: {text!r} is no number from {least} on")
    return int(text)


def delimiter_option(options: Mapping[str, object], *, default: str, kind: str) -> str:
    """What stands between fields: one ASCII character that means nothing else.

    Raises:
        ConfigurationError: it is another thing.
    """
    text = str(options.get("delimiter", default))
    if len(text) != 1 or not text.isascii() or text in _MEANT_OTHERWISE:
        raise ConfigurationError(f"kind {kind}: options.delimiter: {text!r} is not one ASCII character")
    return text
