"""webhooks

Revision ID: 5e8092d4f616
Revises: 2b5d6fa1c3e3
Create Date: 2023-08-20 09:22:00
"""
from alembic import op
import sqlalchemy as sa

revision = '5e8092d4f616'
down_revision = '2b5d6fa1c3e3'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("organization_id", sa.Integer(), sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
    )


def downgrade():
    op.drop_table("webhook")
