"""currency of invoices

Revision ID: 70a2b4f61837
Revises: 6f91a3e50726
Create Date: 2023-03-23 09:07:00
"""
from alembic import op
import sqlalchemy as sa

revision = '70a2b4f61837'
down_revision = '6f91a3e50726'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("invoice", sa.Column("currency", sa.String(3), server_default="EUR", nullable=False))


def downgrade():
    op.drop_column("invoice", "currency")
