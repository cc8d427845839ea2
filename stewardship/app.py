"""The steward's pages: the queue, one case, a decision.

The application knows neither Airflow nor a database: who looks is told by two dependencies it is given, what it shows
by a service. Case references in addresses are keyed and tell nothing; personal data are on the case page only, which
needs the right to decide. A decision is accepted as JSON only: a form on another site cannot send that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel, ConfigDict, StringConstraints

from config.errors import BlekitError, GateFailed, PermissionDenied, RetriableError, UsageError
from stewardship.records import side_by_side
from stewardship.service import ReviewService, Row
from stewardship.tree import WIDTH as TREE_WIDTH
from stewardship.tree import tree
from stewardship.waterfall import WIDTH, waterfall

PAGES = Path(__file__).with_name("pages")
MOST_LISTED = 200
"""Cases on the page of the queue; the longest queues hold a hundred thousand."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    # Personal data must not stay in a cache of the browser or of anything between.
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_STATUS = {UsageError: 404, PermissionDenied: 403, GateFailed: 409, RetriableError: 503}

_REFUSALS = {401: "You are not logged in.", 403: "Your account may see the queue, but neither cases nor decisions."}

AccountDependency = Callable[..., Any]
"""A FastAPI dependency that returns the name of the account, or refuses."""


class DecisionRequest(BaseModel):
    """What a steward decided."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["same", "different"]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


def review_app(
    service: ReviewService,
    *,
    looker: AccountDependency,
    steward: AccountDependency,
    login_url: Callable[[Request], str] | None = None,
) -> FastAPI:
    """The pages.

    Args:
        service: where cases come from and decisions go.
        looker: dependency for whoever may see the queue.
        steward: dependency for whoever may see a case and decide it.
        login_url: where to send somebody who is not logged in and wants to come back to that request.
    """
    # As defaults, not as Annotated: FastAPI reads annotations where these two names do not exist.
    looking, deciding = Depends(looker), Depends(steward)
    app = FastAPI(title="Błękit match queue", docs_url=None, redoc_url=None, openapi_url=None)
    pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
    pages.filters.update(bits=_bits, percent=_percent)

    def render(request: Request, name: str, **values: Any) -> HTMLResponse:
        root = request.scope.get("root_path", "").rstrip("/")
        return HTMLResponse(pages.get_template(name).render(root=root, **values))

    @app.get("/")
    def queue(request: Request, account: str = looking) -> HTMLResponse:
        """The open cases."""
        cases = service.queue()
        decided = sum(case["decision"] is not None for case in cases)
        shown = cases[:MOST_LISTED]
        return render(request, "queue.html", account=account, cases=shown, open=len(cases) - decided, decided=decided)

    @app.get("/cases/{case_ref}")
    def case(request: Request, case_ref: str, account: str = deciding) -> HTMLResponse:
        """One case, both records side by side."""
        found = service.case(case_ref)
        return render(
            request, "case.html", account=account, next_ref=_next(service.queue(), after=case_ref), **_shown(found)
        )

    @app.get("/cases/{case_ref}/customers")
    def customers(request: Request, case_ref: str, account: str = deciding) -> HTMLResponse:
        """The customers behind a case: how each hangs together, and why they are not one."""
        told = service.customers(case_ref)
        pair = told["pair"]
        drawn = [{"told": customer, "tree": tree(customer, asked=pair)} for customer in told["customers"]]
        return render(
            request,
            "customers.html",
            account=account,
            case_ref=case_ref,
            apart=told["apart"],
            customers=drawn,
            width=TREE_WIDTH,
        )

    @app.post("/cases/{case_ref}/decision", dependencies=[Depends(_only_json)])
    def decide(case_ref: str, decision: DecisionRequest, account: str = deciding) -> Row:
        """Append a decision; tells which case comes next."""
        following = _next(service.queue(), after=case_ref)
        decided = service.decide(case_ref, kind=decision.kind, actor=account, reason=decision.reason)
        return {**decided, "next": following}

    @app.middleware("http")
    async def with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        response.headers.update(HEADERS)
        return response

    def sorry(request: Request, *, status: int, message: str, hint: str = "") -> Response:
        """A page for whoever looks, JSON for the script."""
        if request.method != "GET":
            return JSONResponse({"message": message, "hint": hint}, status_code=status)
        page = render(request, "error.html", message=message, hint=hint)
        page.status_code = status
        return page

    @app.exception_handler(BlekitError)
    def refused(request: Request, error: BlekitError) -> Response:
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        return sorry(request, status=status, message=error.message, hint=error.hint)

    @app.exception_handler(HTTPException)
    def not_allowed(request: Request, error: HTTPException) -> Response:
        if error.status_code == 401 and request.method == "GET" and login_url is not None:
            return RedirectResponse(login_url(request))
        message = _REFUSALS.get(error.status_code, str(error.detail))
        return sorry(request, status=error.status_code, message=message)

    app.mount("/static", StaticFiles(directory=PAGES / "static"), name="static")
    return app


def _only_json(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "a decision is sent as application/json")


def _next(cases: list[Row], *, after: str) -> str | None:
    """The next case nobody decided yet, from the top again after the last one."""
    refs = [case["case_ref"] for case in cases]
    start = refs.index(after) + 1 if after in refs else 0
    rotated = cases[start:] + cases[:start]
    return next((case["case_ref"] for case in rotated if not case["decision"] and case["case_ref"] != after), None)


def _shown(case: Row) -> dict[str, Any]:
    left, right = case["records"]
    explanation = case["explanation"]
    return {
        "case": case,
        "lines": side_by_side(left, right),
        "refs": (left["record_ref"], right["record_ref"]),
        "bars": waterfall(explanation["waterfall"]),
        "width": WIDTH,
        "explanation": explanation,
    }


def _bits(micro_bits: int) -> str:
    return f"{micro_bits / 1_000_000:+.2f}"


def _percent(parts_per_million: int) -> str:
    return f"{parts_per_million / 10_000:.2f} %"
