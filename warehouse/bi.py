"""The views of ``bi``: what an analyst's tool may see.

Every customer is a pseudonym and every personal value is masked: no name, number, address, day of birth or key of a
legacy system comes through. Views are security barriers, owned by a role nobody logs in as; the analyst's role has no
right on any table behind them.

One statement sees one release: the current one, or the one a connection pins with ``options=-c blekit.release=N``. The
number is found by a STABLE function, which reads with the snapshot of the statement that asks, and it is asked once per
view (a materialised CTE), not once per row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RELEASE_IN_USE = """
CREATE OR REPLACE FUNCTION bi.release_in_use() RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text = nullif(current_setting('blekit.release', true), '');
    number integer;
BEGIN
    IF wanted IS NULL THEN
        RETURN (SELECT release_no FROM meta.release_pointer);
    END IF;
    IF wanted ~ '^[0-9]{1,9}$' THEN
        SELECT release_no INTO number FROM meta.release
        WHERE release_no = wanted::integer AND state = 'published' AND pruned_at IS NULL;
    END IF;
    IF number IS NULL THEN
        RAISE EXCEPTION 'release % cannot be read', wanted USING ERRCODE = '22023',
            HINT = 'SELECT release_no FROM bi.release ORDER BY 1 shows those that can.';
    END IF;
    RETURN number;
END $$
"""

_SEEN = re.compile(r"\bseen\((\w+)\)")
_IN_USE = "r AS MATERIALIZED (SELECT bi.release_in_use() AS release_no)"


@dataclass(frozen=True)
class View:
    """One view: what a row is, its columns as (name, expression, meaning), and where they come from."""

    name: str
    meaning: str
    columns: tuple[tuple[str, str, str], ...]
    source: str
    more: str = ""
    """Further CTEs beside ``r``, which holds the release in use."""

    def statements(self) -> list[str]:
        """DDL that makes the view anew, with its comments."""
        chosen = ", ".join(f"{expression} AS {name}" for name, expression, _ in self.columns)
        with_ = ", ".join(filter(None, (_IN_USE, self.more)))
        made = f"CREATE VIEW bi.{self.name} WITH (security_barrier) AS WITH {with_} SELECT {chosen} {self.source}"
        comments = [
            f"COMMENT ON COLUMN bi.{self.name}.{name} IS {_quoted(meaning)}" for name, _, meaning in self.columns
        ]
        table_comment = f"COMMENT ON VIEW bi.{self.name} IS {_quoted(self.meaning)}"
        return [f"DROP VIEW IF EXISTS bi.{self.name}", _expanded(made), table_comment, *comments]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _expanded(text: str) -> str:
    """``seen(p)`` is short for: the release in use sees this row of p."""
    return _SEEN.sub(
        r"(\1.from_release <= r.release_no AND (\1.to_release IS NULL OR \1.to_release > r.release_no))", text
    )


CUSTOMER = View(
    "customer",
    "one row per customer of the release; pseudonymous and masked",
    (
        ("customer_id", "g.customer_id", "pseudonym of the customer; stays with its anchor record for ever"),
        ("party_kind", "g.party_kind", "person or firm"),
        ("unit", "g.unit", "unit of cutover of its anchor record"),
        (
            "initials",
            "CASE WHEN g.party_kind = 'person' THEN left(g.given_name, 1) || '.' || left(g.family_name, 1) || '.' END",
            "initials of a person; null for firms",
        ),
        ("sex", "g.sex", "F or M; null when unknown and for firms"),
        ("birth_year", "extract(year FROM g.birth_date)::integer", "year of birth; null when unknown"),
        ("pesel_masked", "left(g.pesel, 2) || '*********'", "first two digits of the PESEL, the rest masked"),
        ("has_nip", "g.nip IS NOT NULL", "whether a tax number is known"),
        ("has_phone", "g.phone IS NOT NULL", "whether a telephone number is known"),
        ("has_email", "g.email IS NOT NULL", "whether an e-mail address is known"),
        ("legal_form", "g.legal_form", "code of the legal form of a firm"),
        ("postal_prefix", "left(g.postal_code, 2)", "first two digits of the postal code"),
        ("city", "g.city", "place"),
        ("records", "g.records", "legacy records that are this customer"),
        ("sources", "g.sources", "legacy systems they stand in"),
        ("balance_grosze", "g.balance_grosze", "sum of its balances in grosze"),
        ("release_no", "r.release_no", "release the row is read in"),
    ),
    "FROM mdm.golden_customer g CROSS JOIN r WHERE seen(g)",
)

CUSTOMER_SOURCE = View(
    "customer_source",
    "one row per legacy record: which customer it is, and why",
    (
        ("customer_id", "c.customer_id", "customer it belongs to"),
        ("record_ref", "c.record_ref", "keyed reference of the record; not its legacy key"),
        ("source_id", "p.source_id", "legacy system it comes from"),
        ("point_code", "p.point_code", "collection point of that system"),
        ("unit", "c.unit", "unit of cutover of the record"),
        ("party_kind", "p.party_kind", "person or firm, as the record says"),
        ("business_date", "p.business_date", "business date of the delivery it comes from"),
        ("decided_by", "c.decided_by", "single, model, rule or clerk"),
        (
            "match_probability_ppm",
            "c.match_probability",
            "probability of its strongest link in parts per million; null for a customer of one record",
        ),
        ("release_no", "r.release_no", "release the row is read in"),
    ),
    "FROM mdm.crosswalk c JOIN mdm.party_record p USING (record_id) CROSS JOIN r WHERE seen(c) AND seen(p)",
)

UNIT_STATUS = View(
    "unit_status",
    "one row per unit of cutover: what of it the release holds",
    (
        ("unit", "u.unit", "unit of cutover"),
        ("title", "u.title", "name as people write it"),
        ("ordinal", "u.ordinal", "position in the rollout, from 0"),
        ("wave", "u.wave", "wave it goes live in"),
        ("cutover_date", "u.cutover_date", "business date of its cutover"),
        ("is_live", "u.unit = ANY (l.units)", "whether the warehouse is its master in the release"),
        ("records", "coalesce(p.records, 0)", "legacy records in the release"),
        ("customers", "coalesce(g.customers, 0)", "customers whose anchor record is of the unit"),
        ("balance_grosze", "coalesce(g.balance_grosze, 0)", "sum of their balances in grosze"),
        ("quarantined", "coalesce(q.quarantined, 0)", "spans and rows in quarantine"),
        ("release_no", "r.release_no", "release the row is read in"),
        ("published_at", "l.published_at", "when that release was published"),
    ),
    "FROM dw.dim_unit u CROSS JOIN r JOIN meta.release l USING (release_no) "
    "LEFT JOIN (SELECT p.unit, count(*) AS records FROM mdm.party_record p, r WHERE seen(p) GROUP BY 1) p "
    "ON p.unit = u.unit "
    "LEFT JOIN (SELECT g.unit, count(*) AS customers, sum(g.balance_grosze)::bigint AS balance_grosze "
    "FROM mdm.golden_customer g, r WHERE seen(g) GROUP BY 1) g ON g.unit = u.unit "
    "LEFT JOIN (SELECT q.unit, count(*) AS quarantined FROM mdm.quarantine q, r WHERE seen(q) GROUP BY 1) q "
    "ON q.unit = u.unit",
)

DATA_QUALITY = View(
    "data_quality",
    "one row per legacy system in the release: where its raw rows went, and why",
    (
        ("source_id", "s.source_id", "legacy system"),
        ("title", "s.title", "its name"),
        ("point_code", "s.point_code", "collection point"),
        ("unit", "s.unit", "unit of cutover of the system"),
        ("batches", "b.batches", "deliveries in the release"),
        ("delivered", "b.delivered", "raw rows delivered"),
        ("loaded", "coalesce(p.loaded, 0)", "raw rows that are records of the release"),
        ("quarantined", "b.quarantined", "raw rows that could not become a record"),
        ("excluded", "b.excluded", "raw rows left out by name of a reason"),
        (
            "reasons",
            "coalesce(x.reasons, '{}') || coalesce(q.reasons, '{}')",
            "reason code to rows, of excluded and quarantined ones",
        ),
        ("release_no", "r.release_no", "release the row is read in"),
    ),
    "FROM r JOIN dw.dim_source_system s ON true "
    "JOIN b ON b.source_id = s.source_id LEFT JOIN x ON x.source_id = s.source_id "
    "LEFT JOIN (SELECT p.source_id, count(*) AS loaded FROM mdm.party_record p, r WHERE p.part = 1 AND seen(p) "
    "GROUP BY 1) p ON p.source_id = s.source_id "
    "LEFT JOIN (SELECT source_id, jsonb_object_agg(reason, n) AS reasons FROM (SELECT q.source_id, q.reason, "
    "count(*) AS n FROM mdm.quarantine q, r WHERE seen(q) GROUP BY 1, 2) t GROUP BY 1) q "
    "ON q.source_id = s.source_id",
    more="""mine AS (
        SELECT d.* FROM meta.source_batch d, r JOIN meta.release l USING (release_no)
        WHERE d.batch_id = ANY (l.batch_ids)
    ), b AS (
        SELECT source_id, count(*) AS batches, sum(delivered)::bigint AS delivered,
               sum(quarantined)::bigint AS quarantined, sum(excluded)::bigint AS excluded
        FROM mine GROUP BY 1
    ), x AS (
        SELECT source_id, jsonb_object_agg(reason, n) AS reasons FROM (
            SELECT m.source_id, e.key AS reason, sum(e.value::bigint) AS n
            FROM mine m, jsonb_each_text(m.excluded_by_reason) e GROUP BY 1, 2) t
        GROUP BY 1
    )""",
)

RELEASE = View(
    "release",
    "releases that can be read, by pinning a connection with options=-c blekit.release=N",
    (
        ("release_no", "l.release_no", "number; only grows"),
        ("kind", "l.kind", "cutover, rollback, feed, decisions, model, erase or upgrade"),
        ("unit", "l.unit", "unit whose cutover or rollback it is"),
        ("units", "l.units", "units that are live in it"),
        ("published_at", "l.published_at", "when it was published"),
        ("content_hash", "l.content_hash", "SHA-256 over what it holds"),
        ("is_current", "l.release_no = p.release_no", "whether unpinned connections see it"),
    ),
    "FROM meta.release l CROSS JOIN meta.release_pointer p WHERE l.state = 'published' AND l.pruned_at IS NULL",
)

VIEWS = (CUSTOMER, CUSTOMER_SOURCE, UNIT_STATUS, DATA_QUALITY, RELEASE)


def bi_statements() -> list[str]:
    """DDL that makes the schema ``bi`` anew."""
    comment = "COMMENT ON FUNCTION bi.release_in_use() IS 'release that statements of this connection see'"
    return [_RELEASE_IN_USE, comment, *(statement for view in VIEWS for statement in view.statements())]
