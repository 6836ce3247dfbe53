"""when an account was last seen

Revision ID: f82a3c7e90bf
Revises: e7192b6d8fae
Create Date: 2023-06-25 09:15:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'f82a3c7e90bf'
down_revision = 'e7192b6d8fae'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("account", sa.Column("last_seen_at", sa.DateTime(timezone=True)))


def downgrade():
    op.drop_column("account", "last_seen_at")
