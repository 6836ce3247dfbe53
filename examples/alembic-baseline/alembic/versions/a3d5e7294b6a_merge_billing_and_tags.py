"""merge billing and tags

Revision ID: a3d5e7294b6a
Revises: 70a2b4f61837, 92c4d6183a59
Create Date: 2023-04-17 09:10:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'a3d5e7294b6a'
down_revision = ('70a2b4f61837', '92c4d6183a59')
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
