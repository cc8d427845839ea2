"""A fact table per type of event.

Releases made before have none of them: their content hash covers the tables they were made with.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    CREATE TABLE dw.fact_complaint (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, related_number text, topic text, channel text, outcome
        text, decided_by text, disputed_grosze bigint, amount_grosze bigint, due_on date, closed_on date, issues
        text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_complaint_record ON dw.fact_complaint (record_id)",
    "CREATE UNIQUE INDEX fact_complaint_one_open_version ON dw.fact_complaint (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_contact (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, line text, channel text, topic text, wait_s bigint, talk_s
        bigint, outcome text, is_solved boolean, issues text, row_hash bytea NOT NULL, from_release integer NOT
        NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_contact_record ON dw.fact_contact (record_id)",
    "CREATE UNIQUE INDEX fact_contact_one_open_version ON dw.fact_contact (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_enquiry (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, product text, topic text, channel text, outcome text,
        closed_on date, issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_enquiry_record ON dw.fact_enquiry (record_id)",
    "CREATE UNIQUE INDEX fact_enquiry_one_open_version ON dw.fact_enquiry (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_fault (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, related_number text, topic text, outcome text, closed_at
        timestamptz, issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_fault_record ON dw.fact_fault (record_id)",
    "CREATE UNIQUE INDEX fact_fault_one_open_version ON dw.fact_fault (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_invoice (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, period_from date, due_on date, amount_grosze bigint,
        issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_invoice_record ON dw.fact_invoice (record_id)",
    "CREATE UNIQUE INDEX fact_invoice_one_open_version ON dw.fact_invoice (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_ivr_event (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, related_number text, line text, topic text, talk_s
        bigint, outcome text, issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release
        integer
    )
    """,
    "CREATE INDEX fact_ivr_event_record ON dw.fact_ivr_event (record_id)",
    "CREATE UNIQUE INDEX fact_ivr_event_one_open_version ON dw.fact_ivr_event (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_letter (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, topic text, pages bigint, closed_at timestamptz, issues
        text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_letter_record ON dw.fact_letter (record_id)",
    "CREATE UNIQUE INDEX fact_letter_one_open_version ON dw.fact_letter (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_login (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, channel text, outcome text, issues text, row_hash bytea NOT NULL,
        from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_login_record ON dw.fact_login (record_id)",
    "CREATE UNIQUE INDEX fact_login_one_open_version ON dw.fact_login (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_message (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, related_number text, channel text, topic text, outcome
        text, closed_at timestamptz, issues text, row_hash bytea NOT NULL, from_release integer NOT NULL,
        to_release integer
    )
    """,
    "CREATE INDEX fact_message_record ON dw.fact_message (record_id)",
    "CREATE UNIQUE INDEX fact_message_one_open_version ON dw.fact_message (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_need (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, product text, channel text, issues text, row_hash bytea
        NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_need_record ON dw.fact_need (record_id)",
    "CREATE UNIQUE INDEX fact_need_one_open_version ON dw.fact_need (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_office_visit (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, office_number bigint, topic text, wait_s bigint, talk_s
        bigint, travel_km bigint, outcome text, is_solved boolean, issues text, row_hash bytea NOT NULL,
        from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_office_visit_record ON dw.fact_office_visit (record_id)",
    """
    CREATE UNIQUE INDEX fact_office_visit_one_open_version ON dw.fact_office_visit (event_id)
    WHERE to_release IS NULL
    """,
    """
    CREATE TABLE dw.fact_order (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, product text, channel text, outcome text, closed_on date,
        issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_order_record ON dw.fact_order (record_id)",
    "CREATE UNIQUE INDEX fact_order_one_open_version ON dw.fact_order (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_payment (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, related_number text, channel text, amount_grosze bigint,
        outcome text, issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_payment_record ON dw.fact_payment (record_id)",
    "CREATE UNIQUE INDEX fact_payment_one_open_version ON dw.fact_payment (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_pin_event (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, channel text, outcome text, issues text, row_hash bytea NOT NULL,
        from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_pin_event_record ON dw.fact_pin_event (record_id)",
    "CREATE UNIQUE INDEX fact_pin_event_one_open_version ON dw.fact_pin_event (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_resignation (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, product text, topic text, channel text, outcome text,
        closed_on date, issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_resignation_record ON dw.fact_resignation (record_id)",
    "CREATE UNIQUE INDEX fact_resignation_one_open_version ON dw.fact_resignation (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_survey (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, related_number text, topic text, score bigint, issues
        text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_survey_record ON dw.fact_survey (record_id)",
    "CREATE UNIQUE INDEX fact_survey_one_open_version ON dw.fact_survey (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_usage (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, line text, talk_s bigint, units bigint, amount_grosze
        bigint, issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_usage_record ON dw.fact_usage (record_id)",
    "CREATE UNIQUE INDEX fact_usage_one_open_version ON dw.fact_usage (event_id) WHERE to_release IS NULL",
    """
    CREATE TABLE dw.fact_work_order (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL, source_id text NOT NULL,
        point_code text NOT NULL, unit text NOT NULL, record_id text, resolved_by text NOT NULL, occurred_on date
        NOT NULL, occurred_at timestamptz, number text, related_number text, product text, outcome text,
        closed_on date, issues text, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX fact_work_order_record ON dw.fact_work_order (record_id)",
    "CREATE UNIQUE INDEX fact_work_order_one_open_version ON dw.fact_work_order (event_id) WHERE to_release IS NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
