"""when an account was last seen, again

Revision ID: 81b3c5072949
Revises: 70a2b4f61838
Create Date: 2023-09-14 09:25:00
"""
from alembic import op
import sqlalchemy as sa

revision = '81b3c5072949'
down_revision = '70a2b4f61838'
branch_labels = None
depends_on = None


def upgrade():
    # lost in the merge, says the ticket
    op.add_column("account", sa.Column("last_seen_at", sa.DateTime(timezone=True)))


def downgrade():
    op.drop_column("account", "last_seen_at")
