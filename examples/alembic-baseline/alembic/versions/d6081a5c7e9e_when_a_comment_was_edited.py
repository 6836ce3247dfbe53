"""when a comment was edited

Revision ID: d6081a5c7e9e
Revises: c5f7094b6d8d
Create Date: 2023-11-22 09:30:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'd6081a5c7e9e'
down_revision = 'c5f7094b6d8d'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("comment", sa.Column("edited_at", sa.DateTime(timezone=True)))


def downgrade():
    op.drop_column("comment", "edited_at")
