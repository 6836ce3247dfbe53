"""merge notifications and webhooks

Revision ID: 70a2b4f61838
Revises: 4d7f81c3e505, 6f91a3e50727
Create Date: 2023-09-07 09:24:00
"""
from alembic import op
import sqlalchemy as sa

revision = '70a2b4f61838'
down_revision = ('4d7f81c3e505', '6f91a3e50727')
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
