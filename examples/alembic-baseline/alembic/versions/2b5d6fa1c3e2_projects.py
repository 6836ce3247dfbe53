"""projects

Revision ID: 2b5d6fa1c3e2
Revises: 1a4c5e90b2d1
Create Date: 2023-01-15 09:02:00
"""
from alembic import op
import sqlalchemy as sa

revision = '2b5d6fa1c3e2'
down_revision = '1a4c5e90b2d1'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("organization_id", sa.Integer(), sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(20), server_default="open", nullable=False),
    )


def downgrade():
    op.drop_table("project")
