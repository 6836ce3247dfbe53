"""notifications

Revision ID: 3c6e70b2d4f4
Revises: 2b5d6fa1c3e3
Create Date: 2023-07-06 09:20:00
"""
from alembic import op
import sqlalchemy as sa

revision = '3c6e70b2d4f4'
down_revision = '2b5d6fa1c3e3'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )


def downgrade():
    op.drop_table("notification")
