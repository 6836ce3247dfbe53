"""retries of webhooks

Revision ID: 6f91a3e50727
Revises: 5e8092d4f616
Create Date: 2023-08-27 09:23:00
"""
from alembic import op
import sqlalchemy as sa

revision = '6f91a3e50727'
down_revision = '5e8092d4f616'
branch_labels = None
depends_on = None


def upgrade():
    # op.add_column("webhook", sa.Column("retries", sa.Integer(), server_default="0", nullable=False))
    pass


def downgrade():
    pass
