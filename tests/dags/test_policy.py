"""What Airflow is told about an error."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from config.errors import BadData, GateFailed, LockBusy
from dags._policy import by_policy

# Seen when the API server was killed a moment before the task that was reading an XCom from it: the task failed for
# good, and its younger sibling waited for a unit that nobody took live any more.
API_SERVER_IS_GONE = AirflowRuntimeError(ErrorResponse(error=ErrorType.GENERIC_ERROR, detail={"message": "refused"}))


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        pytest.param(LockBusy("somebody publishes"), LockBusy, id="retriable is tried again"),
        pytest.param(API_SERVER_IS_GONE, AirflowRuntimeError, id="an API server that was killed is tried again"),
        pytest.param(BadData("cut short at byte 900"), AirflowFailException, id="bad data fails at once"),
        pytest.param(GateFailed("poznan is planned"), AirflowFailException, id="a closed gate fails at once"),
        pytest.param(KeyError("44051401458"), AirflowFailException, id="a bug fails at once"),
    ],
)
def test_an_error_says_whether_repeating_helps(raised: Exception, told: type[Exception]) -> None:
    @by_policy
    def body() -> None:
        raise raised

    with pytest.raises(told) as caught:
        body()
    assert type(caught.value) is told


def test_a_bug_quotes_nothing_it_was_working_on() -> None:
    @by_policy
    def body() -> None:
        raise KeyError("Kowalski")

    with pytest.raises(AirflowFailException) as caught:
        body()
    assert "Kowalski" not in str(caught.value)
    assert caught.value.__suppress_context__
