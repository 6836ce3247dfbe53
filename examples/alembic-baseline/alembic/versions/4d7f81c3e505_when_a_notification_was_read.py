"""when a notification was read

Revision ID: 4d7f81c3e505
Revises: 3c6e70b2d4f4
Create Date: 2023-08-13 09:21:00
"""
from alembic import op
import sqlalchemy as sa

revision = '4d7f81c3e505'
down_revision = '3c6e70b2d4f4'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("notification", sa.Column("read_at", sa.DateTime(timezone=True)))


def downgrade():
    op.drop_column("notification", "read_at")
