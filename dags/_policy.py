"""What Airflow does about an error of ours: the error's name says whether repeating may help."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowRuntimeError

from config.errors import BlekitError, RetriableError

P = ParamSpec("P")
R = TypeVar("R")

RETRY: dict[str, Any] = {
    "retries": 5,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=5),
}
"""For tasks that write: a killed process or a :class:`RetriableError` is tried again, later each time."""


def by_policy(body: Callable[P, R]) -> Callable[P, R]:
    """The same task body; what repeating cannot mend fails the task at once, without its retries.

    A process that was killed raises nothing: Airflow notices, and repeats it.
    """

    @functools.wraps(body)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return body(*args, **kwargs)
        except RetriableError:
            raise
        except BlekitError as exc:
            raise AirflowFailException(f"{exc.code}: {exc}") from None
        except (AirflowException, AirflowRuntimeError):
            # Airflow's own trouble, such as an API server that is gone for a moment: repeating helps.
            raise
        except Exception as exc:  # noqa: BLE001 - a bug stays a bug however often it is repeated
            # Without the foreign message and without the chain: both may quote values of a record.
            raise AirflowFailException(f"BugError: unexpected {type(exc).__name__} at {_place(exc)}") from None

    return run


def _place(exc: Exception) -> str:
    """Where an error came from, innermost first, as files and lines."""
    frames = reversed(traceback.extract_tb(exc.__traceback__))
    return ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
