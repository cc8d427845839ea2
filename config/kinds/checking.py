"""Whether a kind says enough to read customers with it: for the product's kinds tests see to it, for others this."""

from __future__ import annotations

from config.errors import ConfigurationError
from config.kinds import Kind

DATE_FORMATS = ("YYMMDD", "YYYYMMDD", "YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "RR/MM/DD")
NAME_ROLES = ("party_name", "full_name", "family_name", "org_name")


def check_customer_kind(kind: Kind, *, file: str) -> None:
    """Nothing, if records of customers can be made with it.

    Raises:
        ConfigurationError: names the file, the key and what to write there.
    """
    for complaint, hint in _complaints(kind):
        raise ConfigurationError(f"{file}: {complaint}", hint=hint)


def _complaints(kind: Kind) -> list[tuple[str, str]]:
    known = {*kind.columns, *kind.ignore}
    dated = [*kind.columns_with("birth_date"), *kind.columns_with("opened_date")]
    undated = [column for column in dated if column not in kind.date_formats]
    unknown_format = [form for form in kind.date_formats.values() if form not in DATE_FORMATS]
    checks = (
        ("main" in kind.files, "files: names no main part", "Such as files: {main: klienci.csv}"),
        (
            all(name and "/" not in name and "\\" not in name and "\0" not in name for name in kind.files.values()),
            "files: a name with a path",
            "A delivery is one folder: write the name alone",
        ),
        (bool(kind.key), "key: no column", "Name the columns that tell one record from all others"),
        *(
            (
                column in known,
                f"key: column {column!r} is neither mapped nor ignored",
                "Name it under columns or ignore",
            )
            for column in kind.key
        ),
        *(
            (column in kind.columns, f"required: column {column!r} is not mapped", "Name it under columns")
            for column in kind.required
        ),
        (
            any(kind.columns_with(role) for role in NAME_ROLES),
            "columns: no column says who the customer is",
            f"Give one the role {', '.join(NAME_ROLES)}",
        ),
        (not undated, f"date_formats: nothing for {', '.join(undated)}", f"Known: {', '.join(DATE_FORMATS)}"),
        (not unknown_format, f"date_formats: no {', '.join(unknown_format)}", f"Known: {', '.join(DATE_FORMATS)}"),
        (
            bool(kind.flag_values) or not kind.columns_with("party_flag"),
            "flag_values: missing",
            "Say what the values of the party_flag column mean: person or firm",
        ),
    )
    return [(complaint, hint) for holds, complaint, hint in checks if not holds]
