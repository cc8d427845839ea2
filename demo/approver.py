"""The approver of the demo: another process, another account; it reads the evidence of each rehearsal and answers.

    python demo/approver.py AIRFLOW_URL ACCOUNTS_FILE

It knows nothing but Airflow's API, and decides as a person would be told to: Go when the expected precision of links
and the share of quarantined records are what was agreed, No-go with the reason otherwise.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from airflow_api import AirflowApi

AGREED_PRECISION_PPM = 990_000
AGREED_QUARANTINE_PPM = 50_000

# A person needs a moment to read; Airflow 3.3 needs one too, an answer at once makes it start the question again.
READING_SECONDS = 3


def main(url: str, accounts_file: str) -> None:
    """Answer questions until killed."""
    account = json.loads(Path(accounts_file).read_text(encoding="utf-8"))["approver"]
    api = AirflowApi(url, name="approver", password=account["password"])
    while True:
        for question in api.questions():
            task = question["task_instance"]
            time.sleep(READING_SECONDS)
            option, reason = verdict(api.result(task, of="rehearse") or {})
            api.answer(task, option=option, reason=reason)
            print(f"{task['dag_id']}: {option}, {reason}", flush=True)
        time.sleep(1)


def verdict(evidence: dict[str, Any]) -> tuple[str, str]:
    """The answer to a rehearsal, and why."""
    if "expected_precision" not in evidence:
        return "No-go", "the rehearsal shows no evidence"
    quarantined = evidence["quarantined"] * 1_000_000 // max(evidence["delivered"], 1)
    told = f"expected precision {evidence['expected_precision'] / 1e6:.4f}, quarantined {quarantined / 1e4:.2f} %"
    agreed = evidence["expected_precision"] >= AGREED_PRECISION_PPM and quarantined <= AGREED_QUARANTINE_PPM
    return ("Go" if agreed else "No-go"), told


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
