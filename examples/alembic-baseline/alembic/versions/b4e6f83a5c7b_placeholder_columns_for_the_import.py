"""placeholder columns for the import

Revision ID: b4e6f83a5c7b
Revises: a3d5e7294b6a
Create Date: 2023-04-24 09:11:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'b4e6f83a5c7b'
down_revision = 'a3d5e7294b6a'
branch_labels = None
depends_on = None


def upgrade():
    # the import was never written
    op.add_column("task", sa.Column("placeholder_1", sa.Text()))
    op.add_column("task", sa.Column("placeholder_2", sa.Text()))
    op.add_column("account", sa.Column("placeholder_1", sa.Text()))


def downgrade():
    op.drop_column("account", "placeholder_1")
    op.drop_column("task", "placeholder_2")
    op.drop_column("task", "placeholder_1")
