"""no more codes of the old system

Revision ID: c5f7094b6d8d
Revises: b4e6f83a5c7c
Create Date: 2023-10-15 09:29:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'c5f7094b6d8d'
down_revision = 'b4e6f83a5c7c'
branch_labels = None
depends_on = None


def upgrade():
    op.drop_column("task", "legacy_code")


def downgrade():
    op.add_column("task", sa.Column("legacy_code", sa.String(12)))
