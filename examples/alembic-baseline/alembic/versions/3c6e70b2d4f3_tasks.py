"""tasks

Revision ID: 3c6e70b2d4f3
Revises: 2b5d6fa1c3e2
Create Date: 2023-02-22 09:03:00
"""
from alembic import op
import sqlalchemy as sa

revision = '3c6e70b2d4f3'
down_revision = '2b5d6fa1c3e2'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("legacy_code", sa.String(12)),
        sa.Column("priority", sa.Integer(), server_default="3", nullable=False),
        sa.Column("is_done", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade():
    op.drop_table("task")
