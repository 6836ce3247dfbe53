"""index of open tasks

Revision ID: 093b4d8fa1c0
Revises: f82a3c7e90bf
Create Date: 2023-06-05 09:16:00
"""
from alembic import op
import sqlalchemy as sa

revision = '093b4d8fa1c0'
down_revision = 'f82a3c7e90bf'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_task_project_id_is_done", "task", ["project_id", "is_done"], postgresql_concurrently=True)


def downgrade():
    op.drop_index("ix_task_project_id_is_done", table_name="task")
