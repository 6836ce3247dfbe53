"""attachments

Revision ID: d6081a5c7e9d
Revises: c5f7094b6d8c
Create Date: 2023-05-11 09:13:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'd6081a5c7e9d'
down_revision = 'c5f7094b6d8c'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("task_id", sa.Integer(), sa.ForeignKey("task.id", ondelete="CASCADE"), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
    )


def downgrade():
    op.drop_table("attachment")
