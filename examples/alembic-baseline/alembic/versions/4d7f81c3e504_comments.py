"""comments

Revision ID: 4d7f81c3e504
Revises: 3c6e70b2d4f3
Create Date: 2023-02-02 09:04:00
"""
from alembic import op
import sqlalchemy as sa

revision = '4d7f81c3e504'
down_revision = '3c6e70b2d4f3'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("task_id", sa.Integer(), sa.ForeignKey("task.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )


def downgrade():
    op.drop_table("comment")
