"""tags of tasks

Revision ID: 92c4d6183a59
Revises: 81b3c5072948
Create Date: 2023-04-10 09:09:00
"""
from alembic import op
import sqlalchemy as sa

revision = '92c4d6183a59'
down_revision = '81b3c5072948'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "task_tag",
        sa.Column("task_id", sa.Integer(), sa.ForeignKey("task.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tag_id", sa.Integer(), sa.ForeignKey("tag.id"), primary_key=True),
    )


def downgrade():
    op.drop_table("task_tag")
