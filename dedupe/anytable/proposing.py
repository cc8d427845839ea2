"""Proposing which column plays which role: names say it first, values confirm or veto.

A proposal is meant to be read: every role comes with the reason, and every column left out with why. Where two columns
could play a role that takes one, the better named wins and the other is left out by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from config.link_models import MOST_COLUMNS, SINGLE_ROLES, ColumnNames
from dedupe.anytable.profiles import Profile
from dedupe.anytable.values import fold_words

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DIGITS_AT_END = re.compile(r"(?<=[a-z])(?=\d+$)")


@dataclass(frozen=True)
class Proposal:
    """A model in the making."""

    party_kind: str
    roles: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str]
    """Column to why it plays its role."""
    ignored: Mapping[str, str]
    """Column to why it plays none."""
    date_order: str = "ymd"
    notes: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Claim:
    role: str
    column: str
    strength: int
    reason: str


def propose(profiles: Sequence[Profile], *, names: ColumnNames) -> Proposal:
    """The roles of these columns."""
    claims: dict[str, _Claim] = {}
    ignored: dict[str, str] = {}
    for profile in profiles:
        found = _claim(profile, names)
        if isinstance(found, str):
            ignored[profile.name] = found
        else:
            claims[profile.name] = found
    claims = _with_key(claims, profiles, ignored)
    _settle(claims, profiles, ignored)
    roles = _by_role(claims, profiles)
    order = next(
        (one.date_order for one in profiles if one.name in roles.get("birth_date", ()) and one.date_order), "ymd"
    )
    return Proposal(
        party_kind="firm" if _is_firm(roles) else "person",
        roles=roles,
        reasons={column: claim.reason for column, claim in claims.items()},
        ignored=ignored,
        date_order=order,
    )


def _claim(profile: Profile, names: ColumnNames) -> _Claim | str:
    """What the column seems to be, or why it seems to be nothing."""
    if not profile.filled:
        return "it is empty"
    words = words_of_name(profile.name)
    for why, phrases in names.ignored.items():
        if " ".join(words) in phrases:
            return why
    vetoes = []
    for strength, role, phrase in _by_name(words, names):
        if (veto := _veto(role, profile)) is None:
            return _named(role, phrase, strength, profile)
        vetoes.append(f"its name could mean {role}, but {veto}")
    found = _by_values(profile)
    if found is not None:
        return found
    return vetoes[0] if vetoes else _unknown(profile)


def words_of_name(name: str) -> list[str]:
    """The folded words of a column's name: ``NrKlienta2`` is ``nr klienta 2``."""
    spaced = _DIGITS_AT_END.sub(" ", _CAMEL.sub(" ", name))
    return (fold_words(spaced) or "").split()


def _by_name(words: Sequence[str], names: ColumnNames) -> list[tuple[int, str, str]]:
    """Strength, role and phrase of every hint in the name, the strongest first."""
    whole, closed = " ".join(words), "".join(words)
    found = []
    for role, phrases in names.names.items():
        for phrase in phrases:
            if phrase == whole or phrase.replace(" ", "") == closed:
                found.append((4, role, phrase))
            elif f" {phrase} " in f" {whole} ":
                found.append((3 if " " in phrase else 2 if words[-1] == phrase else 1, role, phrase))
    order = list(names.names)
    return sorted(found, key=lambda hit: (-hit[0], -len(hit[2]), order.index(hit[1])))


def _named(role: str, phrase: str, strength: int, profile: Profile) -> _Claim:
    if role == "full_name" and profile.share("firm") > 0.2:
        return _Claim("organisation_name", profile.name, 3, f"named {phrase!r}, with words only firms have")
    evidence = _EVIDENCE[role](profile) if role in _EVIDENCE else ""
    return _Claim(role, profile.name, strength, f"named like {phrase!r}{evidence}")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


_EVIDENCE: Mapping[str, Callable[[Profile], str]] = {
    "birth_date": lambda one: f"; {_percent(one.share(one.date_order or 'ymd'))} are dates ({one.date_order})",
    "email": lambda one: f"; {_percent(one.share('email'))} have an @",
    "national_id": lambda one: (
        f"; check digits of a {one.checksum}" if one.checksum else f"; {_percent(one.distinct)} distinct"
    ),
    "record_id": lambda one: "; unique in every row",
}


def _veto(role: str, profile: Profile) -> str | None:
    """Why the values cannot be what the name says."""
    checks: Mapping[str, tuple[bool, str]] = {
        "record_id": (profile.is_key, "not every row has a value of its own"),
        "birth_date": (profile.date_order is not None, "most values are no dates"),
        "birth_year": (profile.share("year") >= 0.6 or profile.date_order is not None, "most values are no years"),
        "email": (profile.share("email") >= 0.5, "most values have no @"),
        "phone": (profile.share("phone") >= 0.5, "most values are no telephone numbers"),
        "national_id": (
            profile.share("with_digit") >= 0.8 and profile.distinct > 0.05,
            "the same few values come again",
        ),
        "given_name": (profile.share("letters") >= 0.6, "most values are no words"),
        "family_name": (profile.share("letters") >= 0.6, "most values are no words"),
        "full_name": (profile.share("letters") >= 0.6, "most values are no words"),
        "organisation_name": (profile.share("letters") >= 0.5, "most values are no words"),
        "place": (profile.share("letters") >= 0.6, "most values are no words"),
        "house": (
            profile.share("short") >= 0.8 and profile.share("with_digit") >= 0.6,
            "most values are no house numbers",
        ),
        "postal_code": (profile.share("postal") >= 0.6, "most values are no postal codes"),
    }
    holds, why = checks.get(role, (True, ""))
    return None if holds else why


def _by_values(profile: Profile) -> _Claim | None:
    """What the values alone prove."""
    if profile.share("email") >= 0.8:
        return _Claim("email", profile.name, 2, f"{_percent(profile.share('email'))} of the values have an @")
    if (checksum := profile.checksum) is not None and profile.distinct > 0.1 and profile.share("year") < 0.5:
        return _Claim("national_id", profile.name, 2, f"the values carry the check digits of a {checksum}")
    return None


def _unknown(profile: Profile) -> str:
    if profile.date_order is not None and profile.share("year") < 0.5:
        return "dates, but the name does not say that somebody was born then"
    if profile.distinct <= 0.5 and profile.share("letters") >= 0.5:
        return "its name says nothing known; add it to free_text if it tells who somebody is"
    return _SAYS_NOTHING


_SAYS_NOTHING = "neither its name nor its values say what it is"


def _with_key(claims: dict[str, _Claim], profiles: Sequence[Profile], ignored: dict[str, str]) -> dict[str, _Claim]:
    """One record id: the best named key, else the first column that is one."""
    named = [claim for claim in claims.values() if claim.role == "record_id"]
    best = max(named, key=lambda claim: claim.strength, default=None)
    if best is None:
        key = next((one for one in profiles if one.is_key and ignored.get(one.name) == _SAYS_NOTHING), None)
        if key is not None:
            del ignored[key.name]
            claims[key.name] = _Claim("record_id", key.name, 1, "the first column with a value of its own in every row")
        return claims
    for claim in named:
        if claim is not best:
            del claims[claim.column]
            ignored[claim.column] = f"{best.column} is the record id already"
    return claims


def _settle(claims: dict[str, _Claim], profiles: Sequence[Profile], ignored: dict[str, str]) -> None:
    """Leave out what a role has no room for, and what other columns say better."""
    present = {claim.role for claim in claims.values()}
    _rename_halves(claims, present)
    present = {claim.role for claim in claims.values()}
    if "full_name" in present and {"given_name", "family_name"} & present:
        _leave_out(claims, ignored, "full_name", "given and family name say the same in two columns")
    if "address" in present and "street" in present:
        _leave_out(claims, ignored, "address", "street says the same")
    for role in sorted(present):
        most = 1 if role in SINGLE_ROLES else MOST_COLUMNS.get(role, 99)
        order = {profile.name: place for place, profile in enumerate(profiles)}
        ranked = sorted(
            (claim for claim in claims.values() if claim.role == role),
            key=lambda claim: (-claim.strength, order[claim.column]),
        )
        for claim in ranked[most:]:
            del claims[claim.column]
            ignored[claim.column] = f"{role} has no room left beside {', '.join(one.column for one in ranked[:most])}"


def _rename_halves(claims: dict[str, _Claim], present: set[str]) -> None:
    """``name`` beside ``vorname`` is the family name, and ``nome`` beside ``cognome`` is the given one."""
    for column, claim in list(claims.items()):
        if claim.role == "full_name" and "given_name" in present and "family_name" not in present:
            claims[column] = _Claim("family_name", column, 3, f"{claim.reason}, beside a given name")
        elif claim.role == "full_name" and "family_name" in present and "given_name" not in present:
            claims[column] = _Claim("given_name", column, 3, f"{claim.reason}, beside a family name")
        elif claim.role == "address" and "street" not in present and "house" in present:
            claims[column] = _Claim("street", column, 3, f"{claim.reason}, beside a house number")


def _leave_out(claims: dict[str, _Claim], ignored: dict[str, str], role: str, why: str) -> None:
    for column in [column for column, claim in claims.items() if claim.role == role]:
        del claims[column]
        ignored[column] = why


def _by_role(claims: Mapping[str, _Claim], profiles: Sequence[Profile]) -> dict[str, tuple[str, ...]]:
    """Columns by role, in the order of the file; of several numbers the one most rows have comes first."""
    roles: dict[str, list[Profile]] = {}
    for profile in profiles:
        if profile.name in claims:
            roles.setdefault(claims[profile.name].role, []).append(profile)
    if "national_id" in roles:
        roles["national_id"].sort(key=lambda one: -one.filled * one.distinct)
    if "family_name" in roles:
        roles["family_name"].sort(key=lambda one: -one.filled)
    if "given_name" in roles:
        roles["given_name"].sort(key=lambda one: -one.filled)
    return {role: tuple(one.name for one in columns) for role, columns in roles.items()}


def _is_firm(roles: Mapping[str, Sequence[str]]) -> bool:
    return "organisation_name" in roles and not {"given_name", "family_name", "full_name"} & set(roles)
