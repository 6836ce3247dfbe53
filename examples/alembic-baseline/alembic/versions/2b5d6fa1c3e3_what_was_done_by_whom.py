"""what was done by whom

Revision ID: 2b5d6fa1c3e3
Revises: 0018_feature_flags_with_a_percentage_of_accounts
Create Date: 2023-07-26 09:19:00
"""
from alembic import op
import sqlalchemy as sa

revision = '2b5d6fa1c3e3'
down_revision = '0018_feature_flags_with_a_percentage_of_accounts'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id")),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
    )


def downgrade():
    op.drop_table("audit_event")
