"""invoice lines

Revision ID: 6f91a3e50726
Revises: 5e8092d4f615
Create Date: 2023-03-16 09:06:00
"""
from alembic import op
import sqlalchemy as sa

revision = '6f91a3e50726'
down_revision = '5e8092d4f615'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "invoice_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("invoice_id", sa.Integer(), sa.ForeignKey("invoice.id", ondelete="CASCADE"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(12, 2), nullable=False),
    )


def downgrade():
    op.drop_table("invoice_line")
