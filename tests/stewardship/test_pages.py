"""The steward's pages with a queue of three invented cases."""

from __future__ import annotations

import re

import pytest

from stewardship import app

DECISION = "/cases/aaaa2222bbbb/decision"


def test_queue_tells_no_personal_data(browser_of):
    page = browser_of("viewer").get("/").text
    assert "aaaa2222bbbb" in page
    assert "61.20 %" in page
    assert "Halina" not in page


def test_a_long_queue_tells_its_length_and_lists_the_first(browser_of, monkeypatch):
    monkeypatch.setattr(app, "MOST_LISTED", 1)
    page = browser_of("viewer").get("/").text
    assert "2 open, 1 decided and waiting" in page
    assert "The 1 most doubtful are listed" in page
    assert ("aaaa2222bbbb" in page, "cccc3333dddd" in page) == (True, False)


def test_a_short_queue_is_listed_whole(browser_of):
    page = browser_of("viewer").get("/").text
    assert "2 open, 1 decided and waiting" in page
    assert "most doubtful are listed" not in page
    assert all(ref in page for ref in ("aaaa2222bbbb", "cccc3333dddd", "eeee4444ffff"))


def test_case_shows_both_records_and_escapes_them(browser_of):
    page = browser_of("steward").get("/cases/aaaa2222bbbb").text
    assert "Żółć&lt;script&gt;" in page
    assert "Zolc" in page
    assert "<script>" not in page.replace('<script src="/static/review.js" defer></script>', "")


def test_waterfall_of_the_page_ends_at_the_match_weight(browser_of):
    page = browser_of("steward").get("/cases/aaaa2222bbbb").text
    numbers = re.findall(r'<td class="number">([-+][0-9.]+)</td>', page)
    assert numbers[-1] == "+0.66"


def test_the_customers_of_a_case_are_drawn_with_their_weakest_bridge(browser_of):
    page = browser_of("steward").get("/cases/aaaa2222bbbb/customers").text
    assert "The model leaves the best pair to a clerk." in page
    assert page.count("<circle") == 4
    assert (page.count('class="link"'), page.count('class="weakest"'), page.count('class="asked"')) == (1, 1, 2)
    assert "link +4.00, together +2.56 – weakest bridge" in " ".join(page.split())
    assert "Halina Żółć&lt;script&gt;, zt63-abonent" in page
    assert page.count("refused merge, together -4.00 bits") == 1, "told once, not again for each customer"
    assert "<script>" not in page.replace('<script src="/static/review.js" defer></script>', "")


def test_what_was_compared_stands_beside_its_level(browser_of):
    page = browser_of("steward").get("/cases/aaaa2222bbbb").text
    assert "<small>halina | halina</small>" in page
    assert "<small>polna 7 | –</small>" in page


@pytest.mark.parametrize(
    ("account", "path", "status"),
    [
        pytest.param("", "/", 401, id="nobody sees the queue"),
        pytest.param("viewer", "/", 200, id="a viewer sees the queue"),
        pytest.param("viewer", "/cases/aaaa2222bbbb", 403, id="a viewer sees no personal data"),
        pytest.param("steward", "/cases/aaaa2222bbbb", 200, id="the steward sees a case"),
        pytest.param("steward", "/cases/nosuchcase22", 404, id="a case that is not there"),
        pytest.param("", "/cases/aaaa2222bbbb/customers", 401, id="nobody sees customers"),
        pytest.param("viewer", "/cases/aaaa2222bbbb/customers", 403, id="a viewer sees no customers"),
        pytest.param("steward", "/cases/aaaa2222bbbb/customers", 200, id="the steward sees the customers of a case"),
        pytest.param("steward", "/cases/nosuchcase22/customers", 404, id="customers of a case that is not there"),
        pytest.param("", "/static/review.css", 200, id="style needs no login"),
        pytest.param("steward", "/static/../app.py", 404, id="nothing outside the static folder"),
        pytest.param("steward", "/docs", 404, id="no API explorer, it would load foreign scripts"),
    ],
)
def test_who_may_look(browser_of, account, path, status):
    assert browser_of(account).get(path).status_code == status


def test_decision_carries_the_account_and_leads_to_the_next_open_case(browser_of, review):
    answer = browser_of("steward").post(DECISION, json={"kind": "same", "reason": "  same flat  "})
    assert answer.json()["next"] == "cccc3333dddd"
    assert review.decided == [
        {"case_ref": "aaaa2222bbbb", "kind": "same", "actor": "steward", "reason": "same flat"},
    ]


@pytest.mark.parametrize(
    ("account", "send", "status"),
    [
        pytest.param("", {"json": {"kind": "same"}}, 401, id="nobody"),
        pytest.param("viewer", {"json": {"kind": "same"}}, 403, id="a viewer"),
        pytest.param("steward", {"data": {"kind": "same"}}, 415, id="a form, as another site would send"),
        pytest.param(
            "steward", {"content": '{"kind": "same"}', "headers": {"Content-Type": "text/plain"}}, 415, id="plain text"
        ),
        pytest.param("steward", {"content": '{"kind": "same"}'}, 415, id="no content type"),
        pytest.param("steward", {"json": {"kind": "skip"}}, 422, id="skipping is no decision"),
        pytest.param("steward", {"json": {"kind": "same", "actor": "boss"}}, 422, id="an actor of one's own choice"),
        pytest.param("steward", {"json": {"kind": "same", "reason": "x" * 501}}, 422, id="a novel"),
    ],
)
def test_what_is_refused_is_not_decided(browser_of, review, account, send, status):
    assert browser_of(account).post(DECISION, **send).status_code == status
    assert review.decided == []


def test_every_answer_forbids_foreign_and_inline_scripts(browser_of):
    for path in ("/", "/cases/aaaa2222bbbb", "/static/review.js", "/cases/nosuchcase22"):
        headers = browser_of("steward").get(path).headers
        assert "script-src 'self';" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


def test_whoever_is_not_logged_in_is_sent_to_the_login(review):
    from fastapi import HTTPException
    from fastapi.testclient import TestClient

    from stewardship.app import review_app

    def nobody():
        raise HTTPException(401)

    app = review_app(review, looker=nobody, steward=nobody, login_url=lambda request: f"/login?next={request.url.path}")
    client = TestClient(app, follow_redirects=False)
    assert client.get("/cases/aaaa2222bbbb").headers["location"] == "/login?next=/cases/aaaa2222bbbb"
    assert client.post(DECISION, json={"kind": "same"}).status_code == 401
