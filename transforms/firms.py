"""Firms: telling them from persons, and their names.

``P.H.U. "ALFA" Jan Kowalski``, ``Sp. z o.o.`` in a dozen spellings, a firm typed into the fields of a person, a person
whose row says firm. The legal form is taken off the name and kept as a code; a sole trader's firm keeps the owner's
name beside its own. A row is a firm when a firm's column says so, or its name has a legal form or a word only firms
have; where flag and name disagree the name wins, because clerks copy rows and forget the flag.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd

from config.lookups import Lookups, fold, strip_diacritics
from transforms.distinct import as_text, on_distinct, on_distinct_rows
from transforms.draft import Context, Draft, flag
from transforms.people import are_swapped, is_given, is_initial, looks_like_family
from transforms.text import squeeze, title_case

_PUNCTUATION = re.compile(r"[.,;:\"'`´„”“’«»()\[\]*_]")
_SINGLE_LETTERS = re.compile(r"(?<![\w&])[^\W\d_](?: [^\W\d_]){2,}(?![\w&])")
_BRANCH = re.compile(r"\bO\s?/\s?(?=\w)")
_AND_COMPANY = re.compile(r"\b(?:I|&) (?:SYN|SYNOWIE|SYNAMI|WSPOLNICY|WSPOLNIK|SKA|CORKI|BRACIA|SPOLKA)\b|\bBRACIA\b")
_QUOTED = re.compile(r"[\"„”«»]\s*\w[^\"„”«»]+[\"„”«»]")
_TRADERS = frozenset({"zu", "fhu", "phu", "pphu", "fphu", "zphu", "zhu", "pph", "ph", "fh", "fu"})


def _plain(text: str) -> str:
    """Upper case without punctuation, a branch said in full: ``"Alfa", O/Łódź`` is ``ALFA ODDZIAŁ ŁÓDŹ``."""
    return squeeze(_BRANCH.sub("ODDZIAŁ ", _PUNCTUATION.sub(" ", text.upper())))


def _joined(name: str) -> str:
    """With three and more single letters joined: ``A B C SERWIS`` is ``ABC SERWIS``; two may be initials."""
    return _SINGLE_LETTERS.sub(lambda match: match.group().replace(" ", ""), name)


def split_legal_form(text: str, *, lookups: Lookups) -> tuple[str, str | None]:
    """A firm's name in upper case without its legal forms, and the code of the weightiest one.

    ``PHU ALFA s.c.`` is a partnership: the forms are tried in order of precedence, and all of them are taken off.
    """
    name = _plain(text)
    code = None
    patterns = _form_patterns(lookups) if _any_form(lookups).search(strip_diacritics(name)) else ()
    for form_code, pattern in patterns:
        spans = [match.span() for match in pattern.finditer(strip_diacritics(name))]
        for start, end in reversed(spans):
            name = name[:start] + " " + name[end:]
        code = code or (form_code if spans else None)
    return _joined(squeeze(name).strip(" -/&+")), code


@cache
def _form_patterns(lookups: Lookups) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((form.code, re.compile(rf"(?<![\w&])(?:{form.pattern})(?![\w&])")) for form in lookups.legal_forms)


@cache
def _any_form(lookups: Lookups) -> re.Pattern[str]:
    return re.compile("|".join(pattern.pattern for _, pattern in _form_patterns(lookups)))


@cache
def _any_firm_word(lookups: Lookups) -> re.Pattern[str]:
    # Longest first: of "zespol szkol" and "zespol" the longer one is meant.
    spelled = sorted(lookups.firm_words, key=lambda word: (-len(word), word))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, spelled))})\b")


def firm_words_in(text: str, *, lookups: Lookups) -> frozenset[str]:
    """``firm`` and ``institution``, as far as words of the name say so."""
    return frozenset(lookups.firm_words[word] for word in _any_firm_word(lookups).findall(squeeze(fold(text))))


def looks_like_firm(text: str, *, lookups: Lookups) -> bool:
    """Whether a name has a legal form, a word only firms have, or a company behind an ampersand.

    Two words of which one is a given name and the other a known family name are a person: some are called Bar or Salon.
    """
    name, code = split_legal_form(text, lookups=lookups)
    if code or _QUOTED.search(text) or _AND_COMPANY.search(strip_diacritics(name)):
        return True
    return bool(firm_words_in(name, lookups=lookups)) and not looks_like_person(name, lookups=lookups)


def looks_like_person(text: str, *, lookups: Lookups) -> bool:
    """Two or three words: a given name and a family name, and at most one more given name."""
    named = squeeze(text).split(" ")
    if not 2 <= len(named) <= 3 or not all(word.replace("-", "").isalpha() for word in named):
        return False
    given = [word for word in named if is_given(word, lookups=lookups)]
    rest = [word for word in named if word not in given]
    return bool(given) and (
        all(looks_like_family(word, lookups=lookups) for word in rest) if len(rest) == 1 else not rest
    )


def owner_in(name: str, code: str | None, *, lookups: Lookups) -> tuple[str, str, str] | None:
    """Given name, family name and what remains of a sole trader's firm name; nothing where no owner is named.

    An owner stands at either end of the name, given and family name side by side. Companies and institutions have
    patrons and founders in their names, never owners.
    """
    if (code is not None and code not in _TRADERS) or "institution" in firm_words_in(name, lookups=lookups):
        return None
    named = name.split(" ")
    for pair, rest in ((named[-2:], named[:-2]), (named[:2], named[2:])):
        if len(pair) == 2 and "IM" not in named and _names_owner(pair, lookups=lookups):
            family, given = pair if not are_swapped(*pair, lookups=lookups) else pair[::-1]
            return title_case(given), title_case(family), " ".join(rest)
    return None


def _names_owner(pair: list[str], *, lookups: Lookups) -> bool:
    """A given name, or its initial, beside a family name."""
    if looks_like_person(" ".join(pair), lookups=lookups):
        return True
    return any(
        is_initial(initial) and initial != "I" and looks_like_family(family, lookups=lookups)
        for initial, family in (pair, pair[::-1])
    )


def parse_org_name(text: str, *, lookups: Lookups) -> tuple[str | None, str | None, str | None, str | None]:
    """Name without legal form, code of the legal form, and the owner's given and family name."""
    name, code = split_legal_form(text, lookups=lookups)
    name = " ".join(lookups.firm_abbreviations.get(fold(word), word) for word in name.split())
    owner = owner_in(name, code, lookups=lookups)
    if owner is None:
        return name or _plain(text).replace(" ", "") or None, code, None, None
    given, family, rest = owner
    # Without the owner only a trade may remain (SKLEP SPOŻYWCZY): then the owner is what tells the firm apart, and
    # stands behind it, family name first, whichever way the clerk had it.
    is_telling = any(len(word) > 2 and not firm_words_in(word, lookups=lookups) for word in rest.split())
    return (rest if is_telling else squeeze(f"{rest} {family} {given}".upper())), code, given, family


def _full_text(*names: str | None) -> str:
    return squeeze(" ".join(name for name in names if name))


def judge_party(
    flagged: str | None,
    org: str | None,
    family: str | None,
    given: str | None,
    *,
    has_pesel: bool,
    has_nip: bool,
    lookups: Lookups,
) -> tuple[str, str | None, str | None, str | None, str | None]:
    """Kind of party, the firm's name, family and given name of the person, and what was wrong with the flag.

    Args:
        flagged: what the party flag means, missing where there is none.
        org: what stands in a column for firms.
        family: what stands in a column for family or full names.
        given: what stands in a column for given names.
        has_pesel: whether anything stands in the PESEL column.
        has_nip: whether anything stands in the NIP column.
        lookups: for firms' words and names.
    """
    person_text = _full_text(family, given)
    if org and not (flagged == "person" and not looks_like_firm(org, lookups=lookups)):
        is_person = (
            flagged == "firm" and not family and has_pesel and not has_nip and looks_like_person(org, lookups=lookups)
        )
        if is_person:
            return "person", None, org, None, "flag_contradicts_name"
        return "firm", org, family, given, "flag_contradicts_name" if flagged == "person" else None
    # A source without a flag: who has a NIP, no PESEL and no name of a person is a firm called by its sign.
    is_sign = flagged is None and has_nip and not has_pesel and not looks_like_person(person_text, lookups=lookups)
    if person_text and (is_sign or looks_like_firm(person_text, lookups=lookups)):
        return "firm", person_text, None, None, "firm_in_person_fields" if flagged != "firm" else None
    if flagged == "firm":
        if given and has_pesel and not has_nip:
            return "person", None, family, given, "flag_contradicts_name"
        return "firm", person_text or org, None, None, None
    if not person_text and not org and has_nip and not has_pesel:
        return "firm", None, None, None, None
    return "person", None, family or (None if given else org), given, None


def _typed_names(draft: Draft, context: Context) -> pd.DataFrame:
    """The texts that name the party, without those that mean nothing, and the meaning of the flag."""
    kind = context.kind
    family_columns = [
        *kind.columns_with("family_name"),
        *kind.columns_with("party_name"),
        *kind.columns_with("full_name"),
    ]
    roles = {
        "org": kind.columns_with("org_name"),
        "family": family_columns,
        "given": kind.columns_with("given_name"),
        "second": kind.columns_with("second_given_name"),
    }
    typed = {name: _meaningful(draft.first_text(columns), context.lookups) for name, columns in roles.items()}
    flagged = draft.first_text(kind.columns_with("party_flag")).map(kind.flag_values, na_action="ignore")
    has = {
        f"has_{role}": _meaningful(draft.first_text(kind.columns_with(role)), context.lookups).notna()
        for role in ("pesel", "nip")
    }
    return pd.DataFrame({"flagged": as_text(flagged), **typed, **has})


def _meaningful(values: pd.Series, lookups: Lookups) -> pd.Series:
    says_nothing = on_distinct(values, lambda text: (lookups.is_sentinel("name", text),), names=("it",))["it"]
    return values.mask(says_nothing.eq(True))


def classify_parties(draft: Draft, context: Context) -> Draft:
    """Person or firm, and which texts name the person and which the firm."""
    typed = _typed_names(draft, context)
    names: Sequence[str] = ("party_kind", "org_text", "family_text", "given_text", "issue")

    def judge(*told: Any) -> tuple[str | None, ...]:
        flagged, org, family, given, has_pesel, has_nip = told
        return judge_party(
            flagged,
            org,
            family,
            given,
            has_pesel=bool(has_pesel),
            has_nip=bool(has_nip),
            lookups=context.lookups,
        )

    columns = ["flagged", "org", "family", "given", "has_pesel", "has_nip"]
    judged = on_distinct_rows(typed[columns], judge, names=names).astype("string")
    # Where one column is all there is for persons and firms, a firm in it is no mistake.
    has_place = context.kind.columns_with("party_flag") or context.kind.columns_with("org_name")
    codes = ("firm_in_person_fields", "flag_contradicts_name") if has_place else ()
    return draft.with_values(
        {name: judged[name] for name in names if name != "issue"} | {"second_text": typed["second"]},
        issues=[flag(judged["issue"].eq(code), code) for code in codes],
    )


def clean_firms(draft: Draft, context: Context) -> Draft:
    """Name, legal form and owner of firms; an owner in a column of their own goes before one in the name."""
    is_firm = draft.value("party_kind").eq("firm").fillna(False).astype(bool)
    parsed = on_distinct(
        draft.value("org_text").where(is_firm),
        lambda text: parse_org_name(text, lookups=context.lookups),
        names=("org_name", "legal_form", "owner_given", "owner_family"),
    ).astype("string")
    has_owner = draft.value("family_name").notna() | draft.value("given_name").notna()
    return draft.with_values(
        {
            "org_name": parsed["org_name"],
            "legal_form": parsed["legal_form"],
            "given_name": draft.value("given_name").where(has_owner, parsed["owner_given"]),
            "family_name": draft.value("family_name").where(has_owner, parsed["owner_family"]),
        }
    )
