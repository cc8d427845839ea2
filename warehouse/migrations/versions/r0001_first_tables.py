"""The first tables.

Written out, not made from warehouse.tables: a migration says what was done on its day and never changes.
"""

from alembic import op

revision = "0001"
down_revision = None

LEDGERS = (
    "CREATE SEQUENCE meta.release_number",
    """
    CREATE TABLE dw.dim_collection_point (
        point_code text PRIMARY KEY, name text NOT NULL, unit text NOT NULL, area_code text NOT NULL,
        voivodeship text NOT NULL
    )
    """,
    """
    CREATE TABLE dw.dim_source_system (
        source_id text PRIMARY KEY, title text NOT NULL, point_code text NOT NULL, unit text NOT NULL,
        role text NOT NULL, kind text NOT NULL, is_served boolean NOT NULL
    )
    """,
    """
    CREATE TABLE dw.dim_unit (
        unit text PRIMARY KEY, title text NOT NULL, ordinal bigint NOT NULL, wave bigint NOT NULL,
        cutover_date date NOT NULL
    )
    """,
    """
    CREATE TABLE mdm.customer_id_registry (
        customer_id text PRIMARY KEY, anchor_record_id text NOT NULL, members text[] NOT NULL,
        first_release integer NOT NULL, last_release integer NOT NULL, resolved_to text,
        reason text NOT NULL,
        CONSTRAINT customer_id_registry_reason CHECK ((resolved_to IS NULL) = (reason = 'retired'))
    )
    """,
    """
    CREATE TABLE meta.approval (
        approval_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, unit text NOT NULL,
        rehearsal_id text NOT NULL, covers text NOT NULL, decision text NOT NULL, actor text NOT NULL,
        requested_by text NOT NULL, reason text NOT NULL, decided_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT approval_by_another CHECK (actor <> requested_by),
        CONSTRAINT approval_decision CHECK (decision IN ('go', 'no_go'))
    )
    """,
    """
    CREATE TABLE meta.attempt (
        attempt_id text PRIMARY KEY, unit text NOT NULL, kind text NOT NULL, actor text NOT NULL,
        state text NOT NULL, started_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz,
        detail jsonb NOT NULL
    )
    """,
    """
    CREATE TABLE meta.audit_event (
        event_no bigint PRIMARY KEY, happened_at timestamptz NOT NULL, actor text NOT NULL,
        action text NOT NULL, subject text NOT NULL, detail text NOT NULL, code bytea NOT NULL
    )
    """,
    """
    CREATE TABLE meta.decision (
        decision_no integer PRIMARY KEY, kind text NOT NULL, record_id_1 text NOT NULL,
        record_id_2 text NOT NULL, actor text NOT NULL, reason text NOT NULL,
        decided_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT decision_kind CHECK (kind IN ('same', 'different')),
        CONSTRAINT decision_pair_in_order CHECK (record_id_1 < record_id_2 COLLATE "C")
    )
    """,
    """
    CREATE TABLE meta.rehearsal (
        rehearsal_id text PRIMARY KEY, unit text NOT NULL, evidence jsonb NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE meta.release (
        release_no integer PRIMARY KEY, parent integer, kind text NOT NULL, state text NOT NULL,
        units text[] NOT NULL, batch_ids text[] NOT NULL, decisions_up_to integer NOT NULL,
        model_version text NOT NULL, rules_version text NOT NULL, erased text[] NOT NULL,
        content_hash text NOT NULL, unit text, actor text NOT NULL,
        prepared_at timestamptz NOT NULL DEFAULT now(), published_at timestamptz, abandoned_at timestamptz,
        pruned_at timestamptz, detail jsonb NOT NULL,
        CONSTRAINT release_state CHECK (state IN ('prepared', 'published', 'abandoned'))
    )
    """,
    "CREATE UNIQUE INDEX release_one_prepared ON meta.release (state) WHERE state = 'prepared'",
    """
    CREATE TABLE meta.release_pointer (
        is_only boolean PRIMARY KEY, release_no integer, CONSTRAINT release_pointer_one_row CHECK (is_only)
    )
    """,
    """
    CREATE TABLE meta.release_table_hash (
        release_no integer NOT NULL, table_name text NOT NULL, row_count bigint NOT NULL,
        hash text NOT NULL, inserted bigint NOT NULL, closed bigint NOT NULL,
        PRIMARY KEY (release_no, table_name)
    )
    """,
    """
    CREATE TABLE meta.schema_state (
        is_only boolean PRIMARY KEY, fingerprint text NOT NULL,
        upgraded_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT schema_state_one_row CHECK (is_only)
    )
    """,
    """
    CREATE TABLE meta.source_batch (
        batch_id text PRIMARY KEY, source_id text NOT NULL, business_date date NOT NULL,
        sequence bigint NOT NULL, files bigint NOT NULL, bytes bigint NOT NULL, delivered bigint NOT NULL,
        standardised bigint NOT NULL, quarantined bigint NOT NULL, excluded bigint NOT NULL,
        state text NOT NULL, reason text NOT NULL, control jsonb NOT NULL,
        excluded_by_reason jsonb NOT NULL, by_unit jsonb NOT NULL,
        landed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT source_batch_state CHECK (state IN ('landed', 'accepted', 'rejected'))
    )
    """,
    """
    CREATE TABLE meta.unit_ledger (
        unit text PRIMARY KEY, state text NOT NULL, release_no integer, went_live_at timestamptz,
        changed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT unit_ledger_state
            CHECK (state IN ('planned', 'landed', 'rehearsed', 'approved', 'live', 'rolled_back'))
    )
    """,
)

CONTENT = (
    """
    CREATE TABLE dw.fact_account (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, record_id text NOT NULL,
        source_id text NOT NULL, unit text NOT NULL, opened_on date, balance_grosze bigint NOT NULL,
        monthly_fee_grosze bigint NOT NULL, services bigint NOT NULL, row_hash bytea NOT NULL,
        from_release integer NOT NULL, to_release integer
    )
    """,
    """
    CREATE UNIQUE INDEX fact_account_one_open_version ON dw.fact_account (record_id)
    WHERE to_release IS NULL
    """,
    """
    CREATE TABLE mdm.crosswalk (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, record_id text NOT NULL,
        customer_id text NOT NULL, unit text NOT NULL, decided_by text NOT NULL, match_probability bigint,
        record_ref text NOT NULL, row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    "CREATE INDEX crosswalk_customer ON mdm.crosswalk (customer_id)",
    "CREATE UNIQUE INDEX crosswalk_one_open_version ON mdm.crosswalk (record_id) WHERE to_release IS NULL",
    """
    CREATE TABLE mdm.golden_customer (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id text NOT NULL,
        anchor_record_id text NOT NULL, unit text NOT NULL, party_kind text NOT NULL, given_name text,
        given_name_record_id text, given_name_rule text, second_given_name text,
        second_given_name_record_id text, second_given_name_rule text, family_name text,
        family_name_record_id text, family_name_rule text, sex text, sex_record_id text, sex_rule text,
        birth_date date, birth_date_record_id text, birth_date_rule text, pesel text, pesel_record_id text,
        pesel_rule text, nip text, nip_record_id text, nip_rule text, regon text, regon_record_id text,
        regon_rule text, id_document text, id_document_record_id text, id_document_rule text, org_name text,
        org_name_record_id text, org_name_rule text, legal_form text, legal_form_record_id text,
        legal_form_rule text, phone text, phone_record_id text, phone_rule text, email text,
        email_record_id text, email_rule text, street text, house text, flat text, postal_code text,
        city text, address_record_id text, address_rule text, records bigint NOT NULL,
        sources bigint NOT NULL, balance_grosze bigint NOT NULL, row_hash bytea NOT NULL,
        from_release integer NOT NULL, to_release integer
    )
    """,
    """
    CREATE UNIQUE INDEX golden_customer_one_open_version ON mdm.golden_customer (customer_id)
    WHERE to_release IS NULL
    """,
    """
    CREATE TABLE mdm.party_record (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, record_id text NOT NULL,
        source_id text NOT NULL, point_code text NOT NULL, unit text NOT NULL, raw_key text NOT NULL,
        part bigint NOT NULL, batch_id text NOT NULL, business_date date NOT NULL, sequence bigint NOT NULL,
        party_kind text NOT NULL, given_name text, second_given_name text, family_name text,
        former_family_name text, sex text, birth_date date, pesel text, pesel_status text, nip text,
        regon text, id_document text, org_name text, legal_form text, phone text, phone_2 text, email text,
        street text, house text, flat text, postal_code text, city text, opened_on date,
        balance_grosze bigint, monthly_fee_grosze bigint, services bigint, issues text, raw text NOT NULL,
        row_hash bytea NOT NULL, from_release integer NOT NULL, to_release integer
    )
    """,
    """
    CREATE UNIQUE INDEX party_record_one_open_version ON mdm.party_record (record_id)
    WHERE to_release IS NULL
    """,
    """
    CREATE TABLE mdm.quarantine (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, batch_id text NOT NULL, file text NOT NULL,
        "offset" bigint NOT NULL, reason text NOT NULL, length bigint NOT NULL, source_id text NOT NULL,
        unit text NOT NULL, detail text, row_hash bytea NOT NULL, from_release integer NOT NULL,
        to_release integer
    )
    """,
    """
    CREATE UNIQUE INDEX quarantine_one_open_version ON mdm.quarantine (batch_id, file, "offset", reason)
    WHERE to_release IS NULL
    """,
    """
    CREATE TABLE mdm.queue_case (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, record_id_1 text NOT NULL,
        record_id_2 text NOT NULL, case_ref text NOT NULL, match_weight bigint NOT NULL,
        match_probability bigint NOT NULL, reason text NOT NULL, row_hash bytea NOT NULL,
        from_release integer NOT NULL, to_release integer
    )
    """,
    """
    CREATE UNIQUE INDEX queue_case_one_open_version ON mdm.queue_case (record_id_1, record_id_2)
    WHERE to_release IS NULL
    """,
    """
    CREATE TABLE mdm.relationship (
        row_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id_1 text NOT NULL,
        customer_id_2 text NOT NULL, kind text NOT NULL, evidence text NOT NULL, row_hash bytea NOT NULL,
        from_release integer NOT NULL, to_release integer
    )
    """,
    """
    CREATE UNIQUE INDEX relationship_one_open_version ON mdm.relationship (customer_id_1, customer_id_2, kind)
    WHERE to_release IS NULL
    """,
)


def upgrade() -> None:
    for statement in (*LEDGERS, *CONTENT):
        op.execute(statement)
