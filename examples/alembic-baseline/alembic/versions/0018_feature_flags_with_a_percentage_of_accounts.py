"""feature flags with a percentage of accounts

Revision ID: 0018_feature_flags_with_a_percentage_of_accounts
Revises: 1a4c5e90b2d2
Create Date: 2023-07-19 09:18:00
"""
from alembic import op
import sqlalchemy as sa

revision = '0018_feature_flags_with_a_percentage_of_accounts'
down_revision = '1a4c5e90b2d2'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "feature_flag",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("percentage", sa.Integer(), server_default="0", nullable=False),
    )


def downgrade():
    op.drop_table("feature_flag")
