"""The page on facts says what the schema says. `python tests/docs/test_facts.py` writes it anew."""

from __future__ import annotations

from pathlib import Path

from config.events import EVENT_TYPES, MEASURES, RESOLVED_BY

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "facts.md"
HEAD = """# Facts: a table per type of event

Each is `dw.fact_<name>` at the grain of the event, inside the release and its content hash (`config/events.py`). Every one has
`event_id`, `source_id`, `point_code`, `unit`, `record_id`, `resolved_by`, `occurred_on`, `occurred_at` and `issues`
([whose an event is](../explanation/events.md)); what else one has stands here. A measure is null where its system does not tell.
"""


def rendered() -> str:
    facts = [f"| `fact_{each.name}` | {each.meaning} | {_names(each.measures)} |" for each in EVENT_TYPES]
    outcomes = [f"| `fact_{each.name}` | {', '.join(each.outcomes)} |" for each in EVENT_TYPES if each.outcomes]
    measures = [f"| `{column.name}` | {column.meaning} |" for column in MEASURES]
    parts = (
        *(HEAD, "| fact | a row is | measures |\n|---|---|---|", *facts),
        *("\n## Measures\n\n| measure | meaning |\n|---|---|", *measures),
        *("\n## Outcomes\n\n| fact | `outcome` |\n|---|---|", *outcomes),
        f"\n## How the party was found\n\n`resolved_by`: {', '.join(RESOLVED_BY)}.\n",
    )
    return "\n".join(parts)


def _names(measures: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in measures)


def test_the_page_on_facts_says_what_the_schema_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered()


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
