-- Production as it was dumped (pg_dump --no-owner), with a few of its rows.
--
-- It never had what revisions c5f7094b6d8c, 1a4c5e90b2d2 and 6f91a3e50727 promise, nor the index of 093b4d8fa1c0; it has an
-- index that no revision makes (ix_comment_task_id), and somebody widened alembic_version.


CREATE TABLE public.account (
    id integer NOT NULL,
    organization_id integer NOT NULL,
    email character varying(255) NOT NULL,
    name text,
    placeholder_1 text,
    last_seen_at timestamp with time zone
);

CREATE SEQUENCE public.account_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.account_id_seq OWNED BY public.account.id;

CREATE TABLE public.alembic_version (
    version_num character varying(255) NOT NULL
);

CREATE TABLE public.attachment (
    id bigint NOT NULL,
    task_id integer NOT NULL,
    file_name text NOT NULL,
    bytes bigint NOT NULL
);

CREATE SEQUENCE public.attachment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.attachment_id_seq OWNED BY public.attachment.id;

CREATE TABLE public.audit_event (
    id bigint NOT NULL,
    account_id integer,
    at timestamp with time zone DEFAULT now() NOT NULL,
    what text NOT NULL
);

CREATE SEQUENCE public.audit_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.audit_event_id_seq OWNED BY public.audit_event.id;

CREATE TABLE public.comment (
    id bigint NOT NULL,
    task_id integer NOT NULL,
    account_id integer NOT NULL,
    body text NOT NULL,
    edited_at timestamp with time zone
);

CREATE SEQUENCE public.comment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.comment_id_seq OWNED BY public.comment.id;

CREATE TABLE public.feature_flag (
    name character varying(60) NOT NULL,
    percentage integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.invoice (
    id integer NOT NULL,
    organization_id integer NOT NULL,
    number character varying(20) NOT NULL,
    amount numeric(12,2) NOT NULL,
    currency character varying(3) DEFAULT 'EUR'::character varying NOT NULL,
    paid_at timestamp with time zone
);

CREATE SEQUENCE public.invoice_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.invoice_id_seq OWNED BY public.invoice.id;

CREATE TABLE public.invoice_line (
    id integer NOT NULL,
    invoice_id integer NOT NULL,
    text text NOT NULL,
    amount numeric(12,2) NOT NULL
);

CREATE SEQUENCE public.invoice_line_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.invoice_line_id_seq OWNED BY public.invoice_line.id;

CREATE TABLE public.notification (
    id bigint NOT NULL,
    account_id integer NOT NULL,
    body text NOT NULL,
    read_at timestamp with time zone
);

CREATE SEQUENCE public.notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.notification_id_seq OWNED BY public.notification.id;

CREATE TABLE public.task (
    id integer NOT NULL,
    project_id integer NOT NULL,
    title character varying(200) NOT NULL,
    body text,
    priority integer DEFAULT 3 NOT NULL,
    is_done boolean DEFAULT false NOT NULL,
    placeholder_1 text,
    placeholder_2 text,
    due_on date
);

CREATE VIEW public.open_task AS
 SELECT task.id,
    task.project_id,
    task.title,
    task.due_on
   FROM public.task
  WHERE (NOT task.is_done);

CREATE TABLE public.organization (
    id integer NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE public.organization_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.organization_id_seq OWNED BY public.organization.id;

CREATE TABLE public.project (
    id integer NOT NULL,
    organization_id integer NOT NULL,
    name text NOT NULL,
    status character varying(20) DEFAULT 'open'::character varying NOT NULL,
    slug text NOT NULL
);

CREATE SEQUENCE public.project_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.project_id_seq OWNED BY public.project.id;

CREATE TABLE public.tag (
    id integer NOT NULL,
    name character varying(40) NOT NULL
);

CREATE SEQUENCE public.tag_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.tag_id_seq OWNED BY public.tag.id;

CREATE SEQUENCE public.task_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.task_id_seq OWNED BY public.task.id;

CREATE TABLE public.task_tag (
    task_id integer NOT NULL,
    tag_id integer NOT NULL
);

CREATE TABLE public.webhook (
    id integer NOT NULL,
    organization_id integer NOT NULL,
    url text NOT NULL
);

CREATE SEQUENCE public.webhook_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.webhook_id_seq OWNED BY public.webhook.id;

ALTER TABLE ONLY public.account ALTER COLUMN id SET DEFAULT nextval('public.account_id_seq'::regclass);

ALTER TABLE ONLY public.attachment ALTER COLUMN id SET DEFAULT nextval('public.attachment_id_seq'::regclass);

ALTER TABLE ONLY public.audit_event ALTER COLUMN id SET DEFAULT nextval('public.audit_event_id_seq'::regclass);

ALTER TABLE ONLY public.comment ALTER COLUMN id SET DEFAULT nextval('public.comment_id_seq'::regclass);

ALTER TABLE ONLY public.invoice ALTER COLUMN id SET DEFAULT nextval('public.invoice_id_seq'::regclass);

ALTER TABLE ONLY public.invoice_line ALTER COLUMN id SET DEFAULT nextval('public.invoice_line_id_seq'::regclass);

ALTER TABLE ONLY public.notification ALTER COLUMN id SET DEFAULT nextval('public.notification_id_seq'::regclass);

ALTER TABLE ONLY public.organization ALTER COLUMN id SET DEFAULT nextval('public.organization_id_seq'::regclass);

ALTER TABLE ONLY public.project ALTER COLUMN id SET DEFAULT nextval('public.project_id_seq'::regclass);

ALTER TABLE ONLY public.tag ALTER COLUMN id SET DEFAULT nextval('public.tag_id_seq'::regclass);

ALTER TABLE ONLY public.task ALTER COLUMN id SET DEFAULT nextval('public.task_id_seq'::regclass);

ALTER TABLE ONLY public.webhook ALTER COLUMN id SET DEFAULT nextval('public.webhook_id_seq'::regclass);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.comment
    ADD CONSTRAINT comment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.feature_flag
    ADD CONSTRAINT feature_flag_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.invoice_line
    ADD CONSTRAINT invoice_line_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT invoice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.project
    ADD CONSTRAINT project_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.task_tag
    ADD CONSTRAINT task_tag_pkey PRIMARY KEY (task_id, tag_id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_email UNIQUE (email);

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT uq_tag_name UNIQUE (name);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (id);

CREATE INDEX ix_comment_task_id ON public.comment USING btree (task_id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.comment
    ADD CONSTRAINT comment_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.comment
    ADD CONSTRAINT comment_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.invoice_line
    ADD CONSTRAINT invoice_line_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES public.invoice(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT invoice_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.project
    ADD CONSTRAINT project_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.project(id);

ALTER TABLE ONLY public.task_tag
    ADD CONSTRAINT task_tag_tag_id_fkey FOREIGN KEY (tag_id) REFERENCES public.tag(id);

ALTER TABLE ONLY public.task_tag
    ADD CONSTRAINT task_tag_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

INSERT INTO alembic_version VALUES ('d6081a5c7e9e');

INSERT INTO organization (name, created_at) SELECT 'Organization ' || n, timestamptz '2023-01-01 00:00Z' + n * interval '1 day' FROM generate_series(1, 20) n;
INSERT INTO account (organization_id, email, name) SELECT 1 + n % 20, 'person' || n || '@example.org', 'Person ' || n FROM generate_series(1, 400) n;
INSERT INTO project (organization_id, name, status, slug) SELECT 1 + n % 20, 'Project ' || n, CASE WHEN n % 5 = 0 THEN 'closed' ELSE 'open' END, 'project-' || n FROM generate_series(1, 60) n;
INSERT INTO task (project_id, title, priority, is_done) SELECT 1 + n % 60, 'Task ' || n, 1 + n % 5, n % 3 = 0 FROM generate_series(1, 5000) n;
INSERT INTO comment (task_id, account_id, body) SELECT 1 + n % 5000, 1 + n % 400, 'Comment ' || n FROM generate_series(1, 9000) n;
INSERT INTO invoice (organization_id, number, amount) SELECT 1 + n % 20, 'R' || n, n * 10 FROM generate_series(1, 200) n;
INSERT INTO invoice_line (invoice_id, text, amount) SELECT 1 + n % 200, 'Line ' || n, n FROM generate_series(1, 600) n;
INSERT INTO feature_flag VALUES ('new-board', 25), ('dark-mode', 100);
