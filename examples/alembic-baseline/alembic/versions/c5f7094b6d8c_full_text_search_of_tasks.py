"""full text search of tasks

Revision ID: c5f7094b6d8c
Revises: b4e6f83a5c7b
Create Date: 2023-05-04 09:12:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'c5f7094b6d8c'
down_revision = 'b4e6f83a5c7b'
branch_labels = None
depends_on = None


def upgrade():
    # took too long on production, to be done at a weekend
    # op.add_column("task", sa.Column("search", postgresql.TSVECTOR()))
    # op.create_index("ix_task_search", "task", ["search"], postgresql_using="gin")
    pass


def downgrade():
    pass
