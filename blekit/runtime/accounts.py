"""Accounts of people, and the secrets of this Airflow: made once, kept in ``<home>/keys``.

Three people use Błękit (engineer, steward, and whoever approves), and a viewer may look. The passwords are generated
before Airflow starts, so that `blekit up` can say where they are without printing them.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

ROLES = {"engineer": "op", "approver": "op", "steward": "op", "viewer": "viewer"}
"""Airflow roles: ``op`` may trigger, answer and decide; ``viewer`` may look."""


@dataclass(frozen=True)
class Account:
    """One account of Airflow's login."""

    name: str
    role: str
    password: str


def ensure_accounts(path: Path) -> tuple[Account, ...]:
    """The accounts in that file; missing ones are made with a random password, those that exist stay."""
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, role in ROLES.items():
        stored.setdefault(name, {"role": role, "password": secrets.token_urlsafe(12)})
    write_secret(path, json.dumps(stored, indent=2) + "\n")
    return tuple(Account(name, entry["role"], entry["password"]) for name, entry in stored.items())


def ensure_secret(path: Path, *, text: str) -> str:
    """The secret in that file, which is made with that text when it is missing."""
    if not path.exists():
        write_secret(path, text)
    return path.read_text(encoding="ascii").strip()


def write_secret(path: Path, text: str) -> None:
    """Write a file nobody else can read, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    half.replace(path)
