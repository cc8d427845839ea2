"""Pictures of a running demo for the README, in a real browser: ``.venv/bin/python demo/pictures.py``.

The people in them are invented, as all of the demo is.
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
SIZE = {"width": 1240, "height": 860}


def main() -> int:
    """Takes every picture; its exit code."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.stderr.write("pictures need Chromium: apt-get install chromium\n")
        return 69
    accounts = json.loads(Path(blekit("status")["accounts_file"]).read_text(encoding="utf-8"))
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"]).new_page(viewport=SIZE)
        _log_in(page, name="steward", password=accounts["steward"]["password"])
        _take(page, "/review/", name="match-queue")
        page.locator("a[href*='/review/cases/']").first.click()
        _take(page, "", name="case")
        _take(page, "/dags", name="airflow")
    return 0


def _log_in(page: Page, *, name: str, password: str) -> None:
    page.goto(f"{AIRFLOW}/auth/login")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


def _take(page: Page, path: str, *, name: str) -> None:
    if path:
        page.goto(f"{AIRFLOW}{path}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(FOLDER / f"{name}.png"))


if __name__ == "__main__":
    sys.exit(main())
