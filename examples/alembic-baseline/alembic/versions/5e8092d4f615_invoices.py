"""invoices

Revision ID: 5e8092d4f615
Revises: 4d7f81c3e504
Create Date: 2023-02-09 09:05:00
"""
from alembic import op
import sqlalchemy as sa

revision = '5e8092d4f615'
down_revision = '4d7f81c3e504'
branch_labels = ('billing',)
depends_on = None


def upgrade():
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("organization_id", sa.Integer(), sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("amount", sa.Numeric(12, 2), nullable=False),
    )


def downgrade():
    op.drop_table("invoice")
