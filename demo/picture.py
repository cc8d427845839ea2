"""``.venv/bin/python demo/picture.py``: the README's picture of a case, taken of a running demo in a real browser.

The people in it are invented, as all of the demo is.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from product import blekit

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
AIRFLOW = "http://127.0.0.1:8080"
SIZE = {"width": 1100, "height": 720}
_HIDE_PESELS = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(/\\b\\d{11}\\b/g, "…");
}"""
"""Nobody's PESEL looks like somebody's: none is kept, not even in a picture."""


def main() -> int:
    """Takes it; its exit code."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.stderr.write("pictures need Chromium: apt-get install chromium\n")
        return 69
    accounts = json.loads(Path(blekit("status")["accounts_file"]).read_text(encoding="utf-8"))
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"]).new_page(viewport=SIZE)
        _log_in(page, name="steward", password=accounts["steward"]["password"])
        page.goto(f"{AIRFLOW}/review/")
        page.goto(_most_equal(page))
        page.evaluate(_HIDE_PESELS)
        page.set_viewport_size({"width": SIZE["width"], "height": 2 * SIZE["height"]})
        page.screenshot(path=str(FOLDER / "case.png"))
    return 0


def _most_equal(page: Page) -> str:
    """Address of the case with the most equal attributes among the first thirty: it needs the least explanation."""
    addresses = page.locator("a.case").evaluate_all("links => links.slice(0, 30).map(link => link.href)")
    equal: dict[str, int] = {}
    for address in addresses:
        page.goto(address)
        equal[address] = page.get_by_text("equal", exact=True).count()
    return max(addresses, key=lambda address: equal[address])


def _log_in(page: Page, *, name: str, password: str) -> None:
    page.goto(f"{AIRFLOW}/auth/login")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


if __name__ == "__main__":
    sys.exit(main())
