"""when an invoice was paid

Revision ID: b4e6f83a5c7c
Revises: a3d5e7294b6b
Create Date: 2023-10-08 09:28:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'b4e6f83a5c7c'
down_revision = 'a3d5e7294b6b'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("invoice", sa.Column("paid_at", sa.DateTime(timezone=True)))


def downgrade():
    op.drop_column("invoice", "paid_at")
