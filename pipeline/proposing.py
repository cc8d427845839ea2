"""``blekit link --propose-model``: a first ``MODEL.yml`` for a file, with the reason for each line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.errors import ConfigurationError
from config.link_models import LinkModel, Reading, Roles, load_column_names
from pipeline.linking_files import TextTable, possible_encodings, read_text_table, write_text

if TYPE_CHECKING:
    from dedupe.anytable.proposing import Proposal


def propose_model(file: Path, *, out: Path) -> dict[str, Any]:
    """Look at a file and write a model for it, to be read and corrected.

    Raises:
        ConfigurationError: no column says who the records are.
    """
    from dedupe.anytable.profiles import profile
    from dedupe.anytable.proposing import propose

    read, is_guess = _read(file)
    names = load_column_names()
    nulls, firm_words = frozenset(Reading().nulls), frozenset(names.firm_words)
    profiles = [
        profile(name, read.table[name].to_pylist(), nulls=nulls, firm_words=firm_words)
        for name in read.table.schema.names
    ]
    proposal = propose(profiles, names=names)
    if not set(proposal.roles) - {"record_id", "source_system"}:
        raise ConfigurationError(
            f"{file}: no column tells who its records are",
            hint=f"Write the model by hand. Columns: {', '.join(read.table.schema.names)}",
        )
    text = render(proposal, read, is_guess=is_guess)
    write_text(text, out)
    return {
        "file": str(out),
        "party_kind": proposal.party_kind,
        "roles": {role: list(columns) for role, columns in proposal.roles.items()},
        "ignored": dict(proposal.ignored),
    }


def _read(file: Path) -> tuple[TextTable, bool]:
    """The file, and whether its encoding is a guess: here a person reads the result before it is used."""
    try:
        return read_text_table(file, Reading()), False
    except ConfigurationError:
        return read_text_table(file, Reading(encoding=possible_encodings(file)[0])), True


def render(proposal: Proposal, read: TextTable, *, is_guess: bool) -> str:
    """The model as YAML with comments; what it says is what :class:`LinkModel` reads."""
    lines = [
        f"# Proposed for {read.path.name} ({read.table.num_rows} records). Read it, correct it, keep it:",
        "# a role nobody plays is left out, a column that proves nothing belongs under `ignored`.",
        f"party_kind: {proposal.party_kind}",
        "columns:",
        *_role_lines(proposal),
        *([f"date_order: {proposal.date_order}"] if "birth_date" in proposal.roles else []),
        *_reading_lines(read, is_guess=is_guess),
        *_ignored_lines({**proposal.ignored, **dict.fromkeys(read.unreadable, "it holds lists, structs or bytes")}),
        *_default_lines(proposal),
    ]
    return "\n".join(lines) + "\n"


def _role_lines(proposal: Proposal) -> list[str]:
    lines = []
    for role in Roles.model_fields:
        columns = proposal.roles.get(role, ())
        if len(columns) == 1:
            lines.append(f"  {role}: {quoted(columns[0])}  # {proposal.reasons[columns[0]]}")
        elif columns:
            lines.append(f"  {role}:")
            lines += [f"    - {quoted(column)}  # {proposal.reasons[column]}" for column in columns]
    if "record_id" not in proposal.roles:
        lines.insert(
            0, "  # no column has a value of its own in every row: records are numbered in the order of the file"
        )
    return lines


def _reading_lines(read: TextTable, *, is_guess: bool) -> list[str]:
    if read.encoding is None:
        return []
    settings = {"encoding": read.encoding, "delimiter": read.delimiter}
    comment = "  # the file is not UTF-8: this code page is a guess, look at names with accents" if is_guess else ""
    return [f"reading: {{{', '.join(f'{key}: {quoted(str(value))}' for key, value in settings.items())}}}{comment}"]


def _ignored_lines(ignored: Mapping[str, str]) -> list[str]:
    if not ignored:
        return []
    return ["ignored:", *(f"  {quoted(column)}: {quoted(why)}" for column, why in ignored.items())]


def _default_lines(proposal: Proposal) -> list[str]:
    """What may be changed later, as it is now."""
    defaults = LinkModel.model_construct()
    costs = ", ".join(f"{name}: {value}" for name, value in defaults.costs.model_dump().items())
    lines = [
        "# What a mistake costs, in any one unit; a pair is decided by the least expected cost.",
        f"costs: {{{costs}}}",
        "# Of two files: true, false, or auto (if neither file seems to hold one party twice).",
        "two_files: {one_to_one: auto}",
    ]
    if "full_name" in proposal.roles:
        lines.append("name_order: auto  # given_first or family_first, of full names without a comma")
    return lines


def quoted(text: str) -> str:
    """A YAML scalar: bare where that is safe, else as JSON, which is YAML."""
    words: Sequence[str] = text.replace("_", " ").split()
    is_bare = (
        bool(words)
        and text == text.strip()
        and all(word.isalpha() or (word.isalnum() and word[0].isalpha()) for word in words)
    )
    return text if is_bare and text.lower() not in _YAML_WORDS else json.dumps(text, ensure_ascii=False)


_YAML_WORDS = frozenset({"yes", "no", "true", "false", "null", "on", "off", "y", "n"})
