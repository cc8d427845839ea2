"""What Airflow does about an error of ours: the error's name says whether repeating may help."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from airflow.sdk.exceptions import AirflowFailException

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
    """The same task body; an error that repeating cannot mend fails the task at once, without its retries."""

    @functools.wraps(body)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return body(*args, **kwargs)
        except RetriableError:
            raise
        except BlekitError as exc:
            raise AirflowFailException(f"{exc.code}: {exc}") from exc

    return run
