"""two factors

Revision ID: 1a4c5e90b2d2
Revises: 093b4d8fa1c0
Create Date: 2023-06-12 09:17:00
"""
from alembic import op
import sqlalchemy as sa

revision = '1a4c5e90b2d2'
down_revision = '093b4d8fa1c0'
branch_labels = None
depends_on = None


def upgrade():
    # op.add_column("account", sa.Column("totp_secret", sa.String(64)))
    pass


def downgrade():
    pass
