"""slugs of projects

Revision ID: e7192b6d8fae
Revises: d6081a5c7e9d
Create Date: 2023-05-18 09:14:00
"""
from alembic import op
import sqlalchemy as sa

revision = 'e7192b6d8fae'
down_revision = 'd6081a5c7e9d'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("project", sa.Column("slug", sa.Text()))
    op.execute("UPDATE project SET slug = lower(regexp_replace(name, '[^A-Za-z0-9]+', '-', 'g'))")
    op.alter_column("project", "slug", nullable=False)


def downgrade():
    op.drop_column("project", "slug")
