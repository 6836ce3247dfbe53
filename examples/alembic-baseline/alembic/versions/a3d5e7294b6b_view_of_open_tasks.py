"""view of open tasks

Revision ID: a3d5e7294b6b
Revises: 92c4d6183a5a
Create Date: 2023-10-01 09:27:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'a3d5e7294b6b'
down_revision = '92c4d6183a5a'
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE VIEW open_task AS SELECT id, project_id, title, due_on FROM task WHERE NOT is_done")


def downgrade():
    op.execute("DROP VIEW open_task")
