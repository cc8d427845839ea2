"""Matching models, and the weight of the evidence a decision was taken on.

A decision of before knows no weight: whether its evidence changed cannot be told, and its case is never opened again.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    CREATE TABLE meta.matching_model (
        version text PRIMARY KEY, document text NOT NULL, registered_by text NOT NULL,
        registered_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT matching_model_version
            CHECK (version = encode(sha256(convert_to(document, 'UTF8')), 'hex'))
    )
    """,
    "ALTER TABLE meta.decision ADD COLUMN match_weight bigint",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
