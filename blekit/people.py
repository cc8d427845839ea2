"""Accounts of people, as the command line checks them.

Whoever approves or decides proves who he is with the password of his account, typed at a prompt or piped into stdin:
a password in the arguments would stand in the process list and in the shell's history.
"""

from __future__ import annotations

import hmac
import json
import sys
from typing import TYPE_CHECKING

from config.errors import ConfigurationError, PermissionDenied

if TYPE_CHECKING:
    from pipeline.installation import Installation

_MAY_ACT = ("op", "user", "admin")


def known_account(installation: Installation, name: str) -> str:
    """The name of an account that may act.

    Raises:
        PermissionDenied: there is no such account, or it may only look.
    """
    account = _accounts(installation).get(name)
    if account is None:
        raise PermissionDenied(f"no account {name!r}", hint=f"Accounts: {installation.accounts_file}")
    if account["role"] not in _MAY_ACT:
        raise PermissionDenied(f"account {name} may look, not act")
    return name


def authenticated(installation: Installation, name: str) -> str:
    """The name of an account whose password was given.

    Raises:
        PermissionDenied: the account does not exist, may only look, or the password is wrong.
    """
    known_account(installation, name)
    expected = _accounts(installation)[name]["password"]
    if not hmac.compare_digest(_password_of(name).encode(), expected.encode()):
        raise PermissionDenied(f"wrong password for account {name}")
    return name


def _password_of(name: str) -> str:
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(f"Password of {name}: ", stream=sys.stderr)
    return sys.stdin.readline().rstrip("\r\n")


def _accounts(installation: Installation) -> dict[str, dict[str, str]]:
    try:
        accounts: dict[str, dict[str, str]] = json.loads(installation.accounts_file.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ConfigurationError(
            f"no accounts yet: {installation.accounts_file} is missing", hint="`blekit up` makes them"
        ) from exc
    except json.JSONDecodeError as exc:
        raise ConfigurationError(f"{installation.accounts_file}: line {exc.lineno}: not JSON") from exc
    return accounts
