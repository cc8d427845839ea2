"""The steward empties the queue, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

FIRST, SECOND = "aaaa2222bbbb", "cccc3333dddd"


def test_by_keyboard_alone(page, review):
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Case {FIRST}")).to_be_visible()
    # A heading is there before the deferred script listens: on a busy machine the next key was lost.
    page.wait_for_load_state("load")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name=f"Case {SECOND}")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name=f"Case {FIRST}")).to_be_visible()
    assert [(each["case_ref"], each["kind"]) for each in review.decided] == [(FIRST, "same"), (SECOND, "different")]


def test_by_mouse_with_a_reason(page, review):
    page.goto(f"/cases/{FIRST}")
    page.get_by_label("Reason").fill("the same flat since 1998")
    page.get_by_role("button", name="Different customers").click()
    expect(page.get_by_role("heading", name=f"Case {SECOND}")).to_be_visible()
    assert review.decided[0] == {
        "case_ref": FIRST,
        "kind": "different",
        "actor": "steward",
        "reason": "the same flat since 1998",
    }


def test_skipping_decides_nothing(page, review):
    page.goto(f"/cases/{FIRST}")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name=f"Case {SECOND}")).to_be_visible()
    assert review.decided == []


def test_letters_typed_into_the_reason_are_no_shortcuts(page, review):
    page.goto(f"/cases/{FIRST}")
    page.get_by_label("Reason").press_sequentially("sdn")
    expect(page.get_by_label("Reason")).to_have_value("sdn")
    assert review.decided == []


def test_shortcuts_can_be_switched_off_for_good(page, review):
    page.goto(f"/cases/{FIRST}")
    page.get_by_label("keyboard shortcuts on").uncheck()
    page.reload()
    page.keyboard.press("s")
    page.wait_for_timeout(200)
    assert review.decided == []


def test_waterfall_is_drawn(page):
    page.goto(f"/cases/{FIRST}")
    bars = page.locator("svg rect")
    expect(bars).to_have_count(3)
    colours = bars.evaluate_all("bars => bars.map(bar => getComputedStyle(bar).fill)")
    assert len(set(colours)) == 2, "for and against look different"
    assert page.locator("svg rect").first.bounding_box()["width"] > 100


def test_the_customers_of_a_case_are_one_click_away_and_drawn(page):
    page.goto(f"/cases/{FIRST}")
    page.get_by_role("link", name="How their customers hang together").click()
    expect(page.get_by_role("heading", name=f"Customers of case {FIRST}")).to_be_visible()
    weakest, link = (page.locator(f"svg.tree path.{kind}") for kind in ("weakest", "link"))
    colours = [line.evaluate("line => getComputedStyle(line).stroke") for line in (weakest, link)]
    assert colours[0] != colours[1], "the weakest bridge looks different"
    # The text of every record is inside the drawing.
    width = page.locator("svg.tree").first.bounding_box()
    for box in [text.bounding_box() for text in page.locator("svg.tree").first.locator("text").all()]:
        assert box["x"] + box["width"] <= width["x"] + width["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", f"/cases/{FIRST}", f"/cases/{FIRST}/customers", "/cases/nosuchcase22"])
def test_everybody_can_use_it(page, path, scheme):
    page.emulate_media(color_scheme=scheme)
    # A page that is missing answers 404, which the browser's console reports: that is no fault of the page.
    # Only the page itself: an icon may still be on its way when the test ends, and then there is nobody to answer.
    page.route(f"**{path}", lambda route: route.fulfill(response=route.fetch(), status=200))
    page.goto(path)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
