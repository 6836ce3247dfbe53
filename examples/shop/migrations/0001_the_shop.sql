--@ revision 0001
--@ revises base

-- the shop

--@ upgrade
-- create schema billing
CREATE SCHEMA billing;

-- create enum billing.method
CREATE TYPE billing.method AS ENUM ('card', 'transfer', 'cash');

-- create enum public.color
CREATE TYPE public.color AS ENUM ('red', 'green', 'blue');

-- create enum public.order_status
CREATE TYPE public.order_status AS ENUM ('new', 'paid', 'sent', 'cancelled');

-- create sequence billing.refund_id_seq
CREATE SEQUENCE billing.refund_id_seq AS integer;

-- create sequence public.invoice_number
CREATE SEQUENCE public.invoice_number INCREMENT BY 10 START WITH 1000;

-- create table public.country
CREATE TABLE public.country (
    code character varying(2) NOT NULL,
    name character varying(80) NOT NULL,
    CONSTRAINT pk_country PRIMARY KEY (code),
    CONSTRAINT uq_country_name UNIQUE (name)
);

-- create table public.address
CREATE TABLE public.address (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    street text NOT NULL,
    zip character varying(12),
    city text NOT NULL,
    country_code character varying(2) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone,
    CONSTRAINT pk_address PRIMARY KEY (id),
    CONSTRAINT fk_address_country_code FOREIGN KEY (country_code) REFERENCES public.country(code)
);

-- create table public.customer
CREATE TABLE public.customer (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) NOT NULL,
    kind character varying(10) NOT NULL,
    name text NOT NULL,
    email character varying(120) NOT NULL,
    phone character varying(30),
    active boolean DEFAULT true NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    address_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone,
    CONSTRAINT pk_customer PRIMARY KEY (id),
    CONSTRAINT fk_customer_address_id FOREIGN KEY (address_id) REFERENCES public.address(id) ON DELETE SET NULL
);

-- create table public."order"
CREATE TABLE public."order" (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    customer_id bigint NOT NULL,
    status public.order_status DEFAULT 'new'::public.order_status NOT NULL,
    ip inet,
    note text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone,
    CONSTRAINT pk_order PRIMARY KEY (id),
    CONSTRAINT fk_order_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id)
);

-- create table public.invoice
CREATE TABLE public.invoice (
    number integer DEFAULT nextval('public.invoice_number'::regclass) NOT NULL,
    order_id bigint NOT NULL,
    due date DEFAULT (CURRENT_DATE + 14) NOT NULL,
    CONSTRAINT pk_invoice PRIMARY KEY (number),
    CONSTRAINT uq_invoice_order_id UNIQUE (order_id),
    CONSTRAINT fk_invoice_order_id FOREIGN KEY (order_id) REFERENCES public."order"(id)
);

-- create table billing.payment
CREATE TABLE billing.payment (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    invoice_number integer NOT NULL,
    amount numeric(12,2) NOT NULL,
    method billing.method NOT NULL,
    CONSTRAINT pk_payment PRIMARY KEY (id),
    CONSTRAINT fk_payment_invoice_number FOREIGN KEY (invoice_number) REFERENCES public.invoice(number)
);

-- create table billing.refund
CREATE TABLE billing.refund (
    id integer DEFAULT nextval('billing.refund_id_seq'::regclass) NOT NULL,
    payment_id bigint NOT NULL,
    reason text,
    CONSTRAINT pk_refund PRIMARY KEY (id),
    CONSTRAINT fk_refund_payment_id FOREIGN KEY (payment_id) REFERENCES billing.payment(id) DEFERRABLE INITIALLY DEFERRED
);

-- sequence billing.refund_id_seq: owner column
ALTER SEQUENCE billing.refund_id_seq OWNED BY billing.refund.id;

-- create sequence public."Supplier_Id_seq"
CREATE SEQUENCE public."Supplier_Id_seq" AS integer;

-- create table public."Supplier"
CREATE TABLE public."Supplier" (
    "Id" integer DEFAULT nextval('public."Supplier_Id_seq"'::regclass) NOT NULL,
    "Company Name" text NOT NULL,
    CONSTRAINT "pk_Supplier" PRIMARY KEY ("Id")
);

-- sequence public."Supplier_Id_seq": owner column
ALTER SEQUENCE public."Supplier_Id_seq" OWNED BY public."Supplier"."Id";

-- create sequence public.campaign_id_seq
CREATE SEQUENCE public.campaign_id_seq AS integer;

-- create table public.campaign
CREATE TABLE public.campaign (
    id integer DEFAULT nextval('public.campaign_id_seq'::regclass) NOT NULL,
    runs tstzrange NOT NULL,
    discount numrange,
    ages int4range,
    days daterange,
    CONSTRAINT pk_campaign PRIMARY KEY (id),
    CONSTRAINT one_campaign_at_a_time EXCLUDE USING gist (runs WITH &&)
);

-- sequence public.campaign_id_seq: owner column
ALTER SEQUENCE public.campaign_id_seq OWNED BY public.campaign.id;

-- create sequence public.category_id_seq
CREATE SEQUENCE public.category_id_seq AS integer;

-- create table public.category
CREATE TABLE public.category (
    id integer DEFAULT nextval('public.category_id_seq'::regclass) NOT NULL,
    parent_id integer,
    name text NOT NULL,
    path text GENERATED ALWAYS AS (('/'::text || name)) STORED NOT NULL,
    CONSTRAINT pk_category PRIMARY KEY (id),
    CONSTRAINT fk_category_parent_id FOREIGN KEY (parent_id) REFERENCES public.category(id)
);

-- sequence public.category_id_seq: owner column
ALTER SEQUENCE public.category_id_seq OWNED BY public.category.id;

-- create sequence public.delivery_id_seq
CREATE SEQUENCE public.delivery_id_seq AS integer;

-- create table public.delivery
CREATE TABLE public.delivery (
    id integer DEFAULT nextval('public.delivery_id_seq'::regclass) NOT NULL,
    supplier_id integer NOT NULL,
    expected date,
    lines integer[] DEFAULT '{}'::integer[] NOT NULL,
    CONSTRAINT pk_delivery PRIMARY KEY (id),
    CONSTRAINT fk_delivery_supplier_id FOREIGN KEY (supplier_id) REFERENCES public."Supplier"("Id")
);

-- sequence public.delivery_id_seq: owner column
ALTER SEQUENCE public.delivery_id_seq OWNED BY public.delivery.id;

-- create sequence public.employee_id_seq
CREATE SEQUENCE public.employee_id_seq AS integer;

-- create table public.employee
CREATE TABLE public.employee (
    id integer DEFAULT nextval('public.employee_id_seq'::regclass) NOT NULL,
    name text NOT NULL,
    warehouse_id smallint NOT NULL,
    vacation interval,
    machine macaddr,
    CONSTRAINT pk_employee PRIMARY KEY (id)
);

-- sequence public.employee_id_seq: owner column
ALTER SEQUENCE public.employee_id_seq OWNED BY public.employee.id;

-- create sequence public.event_id_seq
CREATE SEQUENCE public.event_id_seq;

-- create table public.event
CREATE TABLE public.event (
    id bigint DEFAULT nextval('public.event_id_seq'::regclass) NOT NULL,
    at timestamp with time zone NOT NULL,
    kind character varying(40) NOT NULL,
    data jsonb,
    CONSTRAINT pk_event PRIMARY KEY (id)
);

-- sequence public.event_id_seq: owner column
ALTER SEQUENCE public.event_id_seq OWNED BY public.event.id;

-- create sequence public.placement_id_seq
CREATE SEQUENCE public.placement_id_seq AS integer;

-- create sequence public.shelf_id_seq
CREATE SEQUENCE public.shelf_id_seq AS integer;

-- create sequence public.warehouse_id_seq
CREATE SEQUENCE public.warehouse_id_seq AS smallint;

-- create table public.warehouse
CREATE TABLE public.warehouse (
    id smallint DEFAULT nextval('public.warehouse_id_seq'::regclass) NOT NULL,
    name text NOT NULL,
    opens time without time zone,
    network cidr,
    manager_id integer,
    CONSTRAINT pk_warehouse PRIMARY KEY (id),
    CONSTRAINT uq_warehouse_name UNIQUE (name),
    CONSTRAINT fk_warehouse_manager_id FOREIGN KEY (manager_id) REFERENCES public.employee(id)
);

-- create table public.shelf
CREATE TABLE public.shelf (
    id integer DEFAULT nextval('public.shelf_id_seq'::regclass) NOT NULL,
    warehouse_id smallint,
    label character varying(10),
    CONSTRAINT pk_shelf PRIMARY KEY (id),
    CONSTRAINT uq_shelf_warehouse_id_label UNIQUE NULLS NOT DISTINCT (warehouse_id, label),
    CONSTRAINT fk_shelf_warehouse_id FOREIGN KEY (warehouse_id) REFERENCES public.warehouse(id)
);

-- create table public.brand
CREATE TABLE public.brand (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    founded date,
    CONSTRAINT pk_brand PRIMARY KEY (id)
);

-- create table public.currency
CREATE TABLE public.currency (
    code character varying(3) NOT NULL,
    digits smallint DEFAULT 2 NOT NULL,
    CONSTRAINT pk_currency PRIMARY KEY (code),
    CONSTRAINT ck_currency_digits CHECK (((digits >= 0) AND (digits <= 4)))
);

-- create table public.product
CREATE TABLE public.product (
    id bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL,
    brand_id uuid NOT NULL,
    sku character varying(40) NOT NULL,
    name text NOT NULL,
    color public.color,
    price numeric(10,2) NOT NULL,
    net numeric(10,2) GENERATED ALWAYS AS ((price / 1.19)) STORED NOT NULL,
    currency_code character varying(3) DEFAULT 'EUR'::character varying NOT NULL,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
    search tsvector,
    weight double precision,
    picture bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone,
    CONSTRAINT pk_product PRIMARY KEY (id),
    CONSTRAINT uq_product_brand_id_sku UNIQUE (brand_id, sku),
    CONSTRAINT ck_product_price CHECK ((price >= (0)::numeric)),
    CONSTRAINT fk_product_brand_id FOREIGN KEY (brand_id) REFERENCES public.brand(id),
    CONSTRAINT fk_product_currency_code FOREIGN KEY (currency_code) REFERENCES public.currency(code)
);

-- create table public.stock
CREATE TABLE public.stock (
    warehouse_id smallint NOT NULL,
    product_id bigint NOT NULL,
    amount integer DEFAULT 0 NOT NULL,
    CONSTRAINT pk_stock PRIMARY KEY (warehouse_id, product_id),
    CONSTRAINT fk_stock_product_id FOREIGN KEY (product_id) REFERENCES public.product(id),
    CONSTRAINT fk_stock_warehouse_id FOREIGN KEY (warehouse_id) REFERENCES public.warehouse(id)
);

-- create table public.placement
CREATE TABLE public.placement (
    id integer DEFAULT nextval('public.placement_id_seq'::regclass) NOT NULL,
    shelf_id integer NOT NULL,
    warehouse_id integer NOT NULL,
    product_id bigint NOT NULL,
    CONSTRAINT pk_placement PRIMARY KEY (id),
    CONSTRAINT fk_placement_shelf_id FOREIGN KEY (shelf_id) REFERENCES public.shelf(id),
    CONSTRAINT fk_placement_warehouse_id_product_id FOREIGN KEY (warehouse_id, product_id) REFERENCES public.stock(warehouse_id, product_id) ON DELETE CASCADE
);

-- sequence public.placement_id_seq: owner column
ALTER SEQUENCE public.placement_id_seq OWNED BY public.placement.id;

-- create sequence public.review_id_seq
CREATE SEQUENCE public.review_id_seq AS integer;

-- create table public.review
CREATE TABLE public.review (
    id integer DEFAULT nextval('public.review_id_seq'::regclass) NOT NULL,
    customer_id bigint NOT NULL,
    product_id bigint NOT NULL,
    stars smallint NOT NULL,
    body text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone,
    CONSTRAINT pk_review PRIMARY KEY (id),
    CONSTRAINT uq_review_customer_id_product_id UNIQUE (customer_id, product_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_review_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id),
    CONSTRAINT fk_review_product_id FOREIGN KEY (product_id) REFERENCES public.product(id)
);

-- sequence public.review_id_seq: owner column
ALTER SEQUENCE public.review_id_seq OWNED BY public.review.id;

-- sequence public.shelf_id_seq: owner column
ALTER SEQUENCE public.shelf_id_seq OWNED BY public.shelf.id;

-- sequence public.warehouse_id_seq: owner column
ALTER SEQUENCE public.warehouse_id_seq OWNED BY public.warehouse.id;

-- table billing.payment: comment
COMMENT ON TABLE billing.payment IS 'Money that came in';

-- create index public.ix_address_city
CREATE INDEX ix_address_city ON public.address USING btree (city);

-- create table public.audit_log
CREATE UNLOGGED TABLE public.audit_log (
    id bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL,
    what text NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (id)
);

-- create table public.company
CREATE TABLE public.company (
    id bigint NOT NULL,
    vat_number character varying(20) NOT NULL,
    CONSTRAINT pk_company PRIMARY KEY (id),
    CONSTRAINT uq_company_vat_number UNIQUE (vat_number),
    CONSTRAINT fk_company_id FOREIGN KEY (id) REFERENCES public.customer(id) ON DELETE CASCADE
);

-- create table public.coupon
CREATE TABLE public.coupon (
    code character varying(16) NOT NULL,
    percent numeric(5,2) NOT NULL,
    campaign_id integer,
    CONSTRAINT pk_coupon PRIMARY KEY (code),
    CONSTRAINT fk_coupon_campaign_id FOREIGN KEY (campaign_id) REFERENCES public.campaign(id) ON UPDATE CASCADE
);

-- column public.customer.name: comment
COMMENT ON COLUMN public.customer.name IS 'as it is on the invoice';

-- table public.customer: comment
COMMENT ON TABLE public.customer IS 'People and companies that buy';

-- create index public.ix_customer_active
CREATE INDEX ix_customer_active ON public.customer USING btree (name) WHERE active;

-- create index public.ix_customer_email
CREATE UNIQUE INDEX ix_customer_email ON public.customer USING btree (lower((email)::text));

-- create constraint fk_employee_warehouse_id ON public.employee
ALTER TABLE public.employee ADD CONSTRAINT fk_employee_warehouse_id FOREIGN KEY (warehouse_id) REFERENCES public.warehouse(id);

-- create index public.ix_event_at
CREATE INDEX ix_event_at ON public.event USING btree (at DESC, kind);

-- create index public.ix_order_open
CREATE INDEX ix_order_open ON public."order" USING btree (customer_id, created_at) WHERE (status <> 'sent'::public.order_status);

-- create table public.order_line
CREATE TABLE public.order_line (
    order_id bigint NOT NULL,
    number smallint NOT NULL,
    product_id bigint NOT NULL,
    amount integer NOT NULL,
    price numeric(12,2) NOT NULL,
    CONSTRAINT pk_order_line PRIMARY KEY (order_id, number),
    CONSTRAINT ck_order_line_amount CHECK ((amount > 0)),
    CONSTRAINT fk_order_line_order_id FOREIGN KEY (order_id) REFERENCES public."order"(id) ON DELETE CASCADE,
    CONSTRAINT fk_order_line_product_id FOREIGN KEY (product_id) REFERENCES public.product(id)
);

-- create index public.ix_order_line_product_id
CREATE INDEX ix_order_line_product_id ON public.order_line USING btree (product_id);

-- create index public.ix_product_attributes
CREATE INDEX ix_product_attributes ON public.product USING gin (attributes jsonb_path_ops);

-- create index public.ix_product_name
CREATE INDEX ix_product_name ON public.product USING btree (name text_pattern_ops) INCLUDE (price);

-- create index public.ix_product_search
CREATE INDEX ix_product_search ON public.product USING gin (search) WITH (fastupdate=off);

-- create table public.product_category
CREATE TABLE public.product_category (
    product_id bigint NOT NULL,
    category_id integer NOT NULL,
    CONSTRAINT pk_product_category PRIMARY KEY (product_id, category_id),
    CONSTRAINT fk_product_category_category_id FOREIGN KEY (category_id) REFERENCES public.category(id) ON DELETE CASCADE,
    CONSTRAINT fk_product_category_product_id FOREIGN KEY (product_id) REFERENCES public.product(id) ON DELETE CASCADE
);

-- create table public.session
CREATE TABLE public.session (
    token uuid NOT NULL,
    customer_id bigint,
    expires timestamp with time zone NOT NULL,
    CONSTRAINT pk_session PRIMARY KEY (token),
    CONSTRAINT fk_session_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id) ON DELETE CASCADE
);

--@ downgrade
-- drop table billing.refund
DROP TABLE billing.refund;

-- drop table billing.payment
DROP TABLE billing.payment;

-- drop table public.delivery
DROP TABLE public.delivery;

-- drop table public."Supplier"
DROP TABLE public."Supplier";

-- drop table public.company
DROP TABLE public.company;

-- drop table public.invoice
DROP TABLE public.invoice;

-- drop table public.order_line
DROP TABLE public.order_line;

-- drop table public."order"
DROP TABLE public."order";

-- drop table public.review
DROP TABLE public.review;

-- drop table public.session
DROP TABLE public.session;

-- drop table public.customer
DROP TABLE public.customer;

-- drop table public.address
DROP TABLE public.address;

-- drop table public.audit_log
DROP TABLE public.audit_log;

-- drop table public.product_category
DROP TABLE public.product_category;

-- drop table public.placement
DROP TABLE public.placement;

-- drop table public.stock
DROP TABLE public.stock;

-- drop table public.product
DROP TABLE public.product;

-- drop table public.brand
DROP TABLE public.brand;

-- drop table public.coupon
DROP TABLE public.coupon;

-- drop table public.campaign
DROP TABLE public.campaign;

-- drop table public.category
DROP TABLE public.category;

-- drop table public.country
DROP TABLE public.country;

-- drop table public.currency
DROP TABLE public.currency;

-- drop constraint fk_warehouse_manager_id ON public.warehouse
ALTER TABLE public.warehouse DROP CONSTRAINT fk_warehouse_manager_id;

-- drop table public.employee
DROP TABLE public.employee;

-- drop table public.event
DROP TABLE public.event;

-- drop table public.shelf
DROP TABLE public.shelf;

-- drop table public.warehouse
DROP TABLE public.warehouse;

-- drop sequence public.invoice_number
DROP SEQUENCE public.invoice_number;

-- drop enum billing.method
DROP TYPE billing.method;

-- drop enum public.color
DROP TYPE public.color;

-- drop enum public.order_status
DROP TYPE public.order_status;

-- drop schema billing
DROP SCHEMA billing;
