"""when a task is due

Revision ID: 92c4d6183a5a
Revises: 81b3c5072949
Create Date: 2023-09-21 09:26:00
"""
from alembic import op
import sqlalchemy as sa

revision = '92c4d6183a5a'
down_revision = '81b3c5072949'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("task", sa.Column("due_on", sa.Date()))


def downgrade():
    op.drop_column("task", "due_on")
