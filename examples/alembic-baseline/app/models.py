"""The application's models: they agree with production."""
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class Organization(Base):
    __tablename__ = "organization"

    id = mapped_column(sa.Integer, primary_key=True)
    name = mapped_column(sa.Text, nullable=False)
    created_at = mapped_column(sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


class Account(Base):
    __tablename__ = "account"
    __table_args__ = (sa.UniqueConstraint("email", name="uq_account_email"),)

    id = mapped_column(sa.Integer, primary_key=True)
    organization_id = mapped_column(sa.ForeignKey("organization.id"), nullable=False)
    email = mapped_column(sa.String(255), nullable=False)
    name = mapped_column(sa.Text)
    placeholder_1 = mapped_column(sa.Text)
    last_seen_at = mapped_column(sa.DateTime(timezone=True))


class Project(Base):
    __tablename__ = "project"

    id = mapped_column(sa.Integer, primary_key=True)
    organization_id = mapped_column(sa.ForeignKey("organization.id"), nullable=False)
    name = mapped_column(sa.Text, nullable=False)
    status = mapped_column(sa.String(20), server_default="open", nullable=False)
    slug = mapped_column(sa.Text, nullable=False)


class Task(Base):
    __tablename__ = "task"

    id = mapped_column(sa.Integer, primary_key=True)
    project_id = mapped_column(sa.ForeignKey("project.id"), nullable=False)
    title = mapped_column(sa.String(200), nullable=False)
    body = mapped_column(sa.Text)
    priority = mapped_column(sa.Integer, server_default="3", nullable=False)
    is_done = mapped_column(sa.Boolean, server_default=sa.false(), nullable=False)
    placeholder_1 = mapped_column(sa.Text)
    placeholder_2 = mapped_column(sa.Text)
    due_on = mapped_column(sa.Date)


class Comment(Base):
    __tablename__ = "comment"
    __table_args__ = (sa.Index("ix_comment_task_id", "task_id"),)

    id = mapped_column(sa.BigInteger, primary_key=True)
    task_id = mapped_column(sa.ForeignKey("task.id", ondelete="CASCADE"), nullable=False)
    account_id = mapped_column(sa.ForeignKey("account.id"), nullable=False)
    body = mapped_column(sa.Text, nullable=False)
    edited_at = mapped_column(sa.DateTime(timezone=True))


class Invoice(Base):
    __tablename__ = "invoice"

    id = mapped_column(sa.Integer, primary_key=True)
    organization_id = mapped_column(sa.ForeignKey("organization.id"), nullable=False)
    number = mapped_column(sa.String(20), nullable=False)
    amount = mapped_column(sa.Numeric(12, 2), nullable=False)
    currency = mapped_column(sa.String(3), server_default="EUR", nullable=False)
    paid_at = mapped_column(sa.DateTime(timezone=True))


class InvoiceLine(Base):
    __tablename__ = "invoice_line"

    id = mapped_column(sa.Integer, primary_key=True)
    invoice_id = mapped_column(sa.ForeignKey("invoice.id", ondelete="CASCADE"), nullable=False)
    text = mapped_column(sa.Text, nullable=False)
    amount = mapped_column(sa.Numeric(12, 2), nullable=False)


class Tag(Base):
    __tablename__ = "tag"
    __table_args__ = (sa.UniqueConstraint("name", name="uq_tag_name"),)

    id = mapped_column(sa.Integer, primary_key=True)
    name = mapped_column(sa.String(40), nullable=False)


class TaskTag(Base):
    __tablename__ = "task_tag"

    task_id = mapped_column(sa.ForeignKey("task.id", ondelete="CASCADE"), primary_key=True)
    tag_id = mapped_column(sa.ForeignKey("tag.id"), primary_key=True)


class Attachment(Base):
    __tablename__ = "attachment"

    id = mapped_column(sa.BigInteger, primary_key=True)
    task_id = mapped_column(sa.ForeignKey("task.id", ondelete="CASCADE"), nullable=False)
    file_name = mapped_column(sa.Text, nullable=False)
    bytes = mapped_column(sa.BigInteger, nullable=False)


class FeatureFlag(Base):
    __tablename__ = "feature_flag"

    name = mapped_column(sa.String(60), primary_key=True)
    percentage = mapped_column(sa.Integer, server_default="0", nullable=False)


class AuditEvent(Base):
    __tablename__ = "audit_event"

    id = mapped_column(sa.BigInteger, primary_key=True)
    account_id = mapped_column(sa.ForeignKey("account.id"))
    at = mapped_column(sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    what = mapped_column(sa.Text, nullable=False)


class Notification(Base):
    __tablename__ = "notification"

    id = mapped_column(sa.BigInteger, primary_key=True)
    account_id = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False)
    body = mapped_column(sa.Text, nullable=False)
    read_at = mapped_column(sa.DateTime(timezone=True))


class Webhook(Base):
    __tablename__ = "webhook"

    id = mapped_column(sa.Integer, primary_key=True)
    organization_id = mapped_column(sa.ForeignKey("organization.id"), nullable=False)
    url = mapped_column(sa.Text, nullable=False)
