"""organizations and accounts

Revision ID: 1a4c5e90b2d1
Revises: 
Create Date: 2023-01-08 09:01:00
"""
from alembic import op
import sqlalchemy as sa

revision = '1a4c5e90b2d1'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("organization_id", sa.Integer(), sa.ForeignKey("organization.id"), nullable=False),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("name", sa.Text()),
        sa.UniqueConstraint("email", name="uq_account_email"),
    )


def downgrade():
    op.drop_table("account")
    op.drop_table("organization")
