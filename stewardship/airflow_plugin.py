"""The steward's pages inside Airflow: its navigation, its login, its permissions.

Every Airflow task loads every plugin, so this module imports nothing heavy: the application is built when the API
server asks for it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI

URL_PREFIX = "/review"

GUARDING_DAG = "apply_decisions"
"""Whoever may start this DAG may decide cases; Airflow's checks of own pages stop at the viewer role."""


class StewardshipPlugin(AirflowPlugin):
    """Match queue."""

    name = "blekit_stewardship"
    external_views = [  # noqa: RUF012 - Airflow reads a plain list
        {
            "name": "Match queue",
            "href": f"{URL_PREFIX}/",
            "destination": "nav",
            "category": "browse",
            "url_route": "match-queue",
        }
    ]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The application, for the API server only."""
        return [{"app": _review_app(), "url_prefix": URL_PREFIX, "name": "Match queue"}]


@cache
def _review_app() -> FastAPI:
    """The application with Airflow's login; Airflow asks for it more than once."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
    from fastapi import Depends, Request

    from stewardship.app import review_app
    from stewardship.service import PipelineReview

    user_of_airflow = Depends(get_user)
    may_decide = Depends(requires_access_dag("PUT", param_dag_id=GUARDING_DAG))

    def looker(user: Any = user_of_airflow) -> str:
        return str(user.get_name())

    def steward(user: Any = user_of_airflow, _: None = may_decide) -> str:
        return str(user.get_name())

    def login_url(request: Request) -> str:
        return get_auth_manager().get_url_login(next_url=str(request.url))

    return review_app(PipelineReview(), looker=looker, steward=steward, login_url=login_url)
