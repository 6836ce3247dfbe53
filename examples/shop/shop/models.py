"""The models of a shop, with the breadth of what SQLAlchemy says about PostgreSQL."""
import datetime
import decimal
import enum
import uuid

from sqlalchemy import (
    ARRAY, BigInteger, Boolean, CheckConstraint, Column, Computed, Date, DateTime, Enum, ForeignKey,
    ForeignKeyConstraint, Identity, Index, Integer, Interval, LargeBinary, MetaData, Numeric, Sequence,
    SmallInteger, String, Table, Text, Time, UniqueConstraint, func, text,
)
from sqlalchemy.dialects.postgresql import (
    CIDR, DATERANGE, ENUM, HSTORE, INET, INT4RANGE, JSONB, MACADDR, NUMRANGE, TSTZRANGE, TSVECTOR, UUID, ExcludeConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

assert HSTORE  # an extension's type, for those who have it


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class OrderStatus(enum.Enum):
    new = "new"
    paid = "paid"
    sent = "sent"
    cancelled = "cancelled"


Color = ENUM("red", "green", "blue", name="color", metadata=Base.metadata)
invoice_number = Sequence("invoice_number", start=1000, increment=10, metadata=Base.metadata)


class Timestamped:
    created_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))


class Country(Base):
    __tablename__ = "country"
    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class Currency(Base):
    __tablename__ = "currency"
    __table_args__ = (CheckConstraint("digits BETWEEN 0 AND 4", name="digits"),)
    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    digits: Mapped[int] = mapped_column(SmallInteger, server_default=text("2"))


class Address(Timestamped, Base):
    __tablename__ = "address"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    street: Mapped[str] = mapped_column(Text)
    zip: Mapped[str | None] = mapped_column(String(12))
    city: Mapped[str] = mapped_column(Text, index=True)
    country_code: Mapped[str] = mapped_column(ForeignKey("country.code"))


class Customer(Timestamped, Base):
    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_email", func.lower(text("email")), unique=True),
        Index("ix_customer_active", "name", postgresql_where=text("active")),
        {"comment": "People and companies that buy"},
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True, start=100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(Text, comment="as it is on the invoice")
    email: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(30))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    settings: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id", ondelete="SET NULL"))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Company(Customer):
    __tablename__ = "company"
    id: Mapped[int] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    vat_number: Mapped[str] = mapped_column(String(20), unique=True)
    __mapper_args__ = {"polymorphic_identity": "company"}


class Category(Base):
    __tablename__ = "category"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    name: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text, Computed("'/' || name", persisted=True))
    children = relationship("Category")


class Brand(Base):
    __tablename__ = "brand"
    id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()"))
    name: Mapped[str] = mapped_column(Text)
    founded: Mapped[datetime.date | None] = mapped_column(Date)


class Product(Timestamped, Base):
    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price"),
        UniqueConstraint("brand_id", "sku"),
        Index("ix_product_attributes", "attributes", postgresql_using="gin", postgresql_ops={"attributes": "jsonb_path_ops"}),
        Index("ix_product_search", "search", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index("ix_product_name", "name", postgresql_include=["price"], postgresql_ops={"name": "text_pattern_ops"}),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brand.id"))
    sku: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    color: Mapped[str | None] = mapped_column(Color)
    price: Mapped[decimal.Decimal] = mapped_column(Numeric(10, 2))
    net: Mapped[decimal.Decimal] = mapped_column(Numeric(10, 2), Computed("price / 1.19", persisted=True))
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"), server_default="EUR")
    attributes: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    search: Mapped[str | None] = mapped_column(TSVECTOR)
    weight: Mapped[float | None]
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)


product_category = Table(
    "product_category",
    Base.metadata,
    Column("product_id", ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("category_id", ForeignKey("category.id", ondelete="CASCADE"), primary_key=True),
)


class Warehouse(Base):
    __tablename__ = "warehouse"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    opens: Mapped[datetime.time | None] = mapped_column(Time)
    network: Mapped[str | None] = mapped_column(CIDR)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id", use_alter=True))


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    vacation: Mapped[datetime.timedelta | None] = mapped_column(Interval)
    machine: Mapped[str | None] = mapped_column(MACADDR)


class Stock(Base):
    __tablename__ = "stock"
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    amount: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class Shelf(Base):
    __tablename__ = "shelf"
    __table_args__ = (UniqueConstraint("warehouse_id", "label", postgresql_nulls_not_distinct=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("warehouse.id"))
    label: Mapped[str | None] = mapped_column(String(10))


class Placement(Base):
    __tablename__ = "placement"
    __table_args__ = (
        ForeignKeyConstraint(["warehouse_id", "product_id"], ["stock.warehouse_id", "stock.product_id"], ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    warehouse_id: Mapped[int]
    product_id: Mapped[int] = mapped_column(BigInteger)


class Order(Timestamped, Base):
    __tablename__ = "order"
    __table_args__ = (Index("ix_order_open", "customer_id", "created_at", postgresql_where=text("status <> 'sent'")),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    status: Mapped[OrderStatus] = mapped_column(Enum(OrderStatus, name="order_status"), server_default="new")
    ip: Mapped[str | None] = mapped_column(INET)
    note: Mapped[str | None] = mapped_column(Text)


class OrderLine(Base):
    __tablename__ = "order_line"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    amount: Mapped[int]
    price: Mapped[decimal.Decimal] = mapped_column(Numeric(12, 2))


class Invoice(Base):
    __tablename__ = "invoice"
    number: Mapped[int] = mapped_column(Integer, invoice_number, server_default=invoice_number.next_value(), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), unique=True)
    due: Mapped[datetime.date] = mapped_column(Date, server_default=text("CURRENT_DATE + 14"))


class Payment(Base):
    __tablename__ = "payment"
    __table_args__ = ({"schema": "billing", "comment": "Money that came in"},)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    invoice_number: Mapped[int] = mapped_column(ForeignKey("invoice.number"))
    amount: Mapped[decimal.Decimal] = mapped_column(Numeric(12, 2))
    method: Mapped[str] = mapped_column(Enum("card", "transfer", "cash", name="method", schema="billing"))


class Refund(Base):
    __tablename__ = "refund"
    __table_args__ = ({"schema": "billing"},)
    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("billing.payment.id", deferrable=True, initially="DEFERRED"))
    reason: Mapped[str | None] = mapped_column(Text)


class Campaign(Base):
    __tablename__ = "campaign"
    __table_args__ = (ExcludeConstraint(("runs", "&&"), using="gist", name="one_campaign_at_a_time"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    runs: Mapped[object] = mapped_column(TSTZRANGE)
    discount: Mapped[object | None] = mapped_column(NUMRANGE)
    ages: Mapped[object | None] = mapped_column(INT4RANGE)
    days: Mapped[object | None] = mapped_column(DATERANGE)


class Review(Timestamped, Base):
    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("customer_id", "product_id", deferrable=True, initially="DEFERRED"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    stars: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[str | None] = mapped_column(Text)


class Supplier(Base):
    __tablename__ = "Supplier"
    id: Mapped[int] = mapped_column("Id", primary_key=True)
    name: Mapped[str] = mapped_column("Company Name", Text)


class Delivery(Base):
    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("Supplier.Id"))
    expected: Mapped[datetime.date | None] = mapped_column(Date)
    lines: Mapped[list[list[int]]] = mapped_column(ARRAY(Integer, dimensions=2), server_default=text("'{}'"))


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (Index("ix_event_at", text("at DESC"), "kind"),)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict | None] = mapped_column(JSONB)


class Session(Base):
    __tablename__ = "session"
    token: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    expires: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))


class Coupon(Base):
    __tablename__ = "coupon"
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    percent: Mapped[decimal.Decimal] = mapped_column(Numeric(5, 2))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", onupdate="CASCADE"))


class AuditLog(Base):
    __tablename__ = "audit_log"
    __table_args__ = {"prefixes": ["UNLOGGED"]}
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    what: Mapped[str] = mapped_column(Text)
