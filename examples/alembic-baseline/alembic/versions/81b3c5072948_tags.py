"""tags

Revision ID: 81b3c5072948
Revises: 4d7f81c3e504
Create Date: 2023-03-03 09:08:00
"""
from alembic import op
import sqlalchemy as sa

revision = '81b3c5072948'
down_revision = '4d7f81c3e504'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.UniqueConstraint("name", name="uq_tag_name"),
    )


def downgrade():
    op.drop_table("tag")
