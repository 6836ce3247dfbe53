//! An example of what each recipe writes, for its page: `docs/recipes/<recipe>.sql`. `CUTOVER_WRITE_EXAMPLES=1` writes them anew.

use super::life::example;

/// What the examples of the recipes' help are about.
const SHOP: &str = "
CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('new', 'sent', 'done');
CREATE TABLE shop.customer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id integer NOT NULL, email text NOT NULL,
    mail text NOT NULL, name text NOT NULL DEFAULT '', first text, last text, fax text NOT NULL);
CREATE INDEX ON shop.customer (mail);
CREATE TABLE shop.orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id integer, total numeric(10,2) NOT NULL,
    currency text, payload text NOT NULL, state shop.state NOT NULL DEFAULT 'new');
CREATE TABLE shop.item (order_id integer REFERENCES shop.orders, no integer, PRIMARY KEY (order_id, no));
CREATE TABLE shop.plan (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE shop.recommendation (id bigint PRIMARY KEY, body text NOT NULL);
CREATE TABLE shop.plan_recommendations (
    plan_id bigint NOT NULL REFERENCES shop.plan ON DELETE CASCADE,
    recommendation_id bigint NOT NULL REFERENCES shop.recommendation ON DELETE CASCADE,
    PRIMARY KEY (plan_id, recommendation_id));
CREATE TABLE shop.visit (id bigint PRIMARY KEY, plan_id bigint REFERENCES shop.plan, discount numeric(4,2) DEFAULT 0);
CREATE TABLE shop.events (id bigserial PRIMARY KEY, created_at timestamptz NOT NULL, body jsonb);
CREATE TABLE shop.old_orders (id bigint PRIMARY KEY, note text);
CREATE MATERIALIZED VIEW shop.totals AS SELECT plan_id, count(*) AS visits FROM shop.visit GROUP BY plan_id;
CREATE UNIQUE INDEX totals_plan ON shop.totals (plan_id);
";

#[test]
fn the_examples_of_the_pages_are_what_the_recipes_write() {
    for (recipe, given) in [
        (
            "add-check",
            &["table=shop.orders", "check=total >= 0", "constraint=orders_total_positive", "fill=total = 0"]
                [..],
        ),
        (
            "add-foreign-key",
            &["table=shop.orders", "column=customer_id", "references=shop.customer", "on-delete=cascade"],
        ),
        ("add-not-null", &["column=shop.orders.currency", "default='EUR'"]),
        ("add-unique", &["table=shop.customer", "column=tenant_id", "column=email"]),
        (
            "change-type",
            &["column=shop.orders.payload", "type=jsonb", "using=payload::jsonb", "back=payload::text"],
        ),
        (
            "collapse-join-table",
            &[
                "table=shop.plan_recommendations",
                "into=shop.recommendation",
                "on-delete=cascade",
                "reader=frontend",
                "writer=backend",
            ],
        ),
        ("drop-table", &["table=shop.old_orders", "client=backend", "tripwire=rename"]),
        ("move-column", &["column=shop.visit.discount", "to=shop.plan", "reader=reports", "writer=backend"]),
        (
            "partition-table",
            &[
                "table=shop.events",
                "range=created_at",
                "from=2024-01-01",
                "until=2024-04-01",
                "interval=1 month",
                "extend-keys",
            ],
        ),
        ("rename-table", &["table=shop.events", "to=happening", "client=backend"]),
        (
            "replace-materialized-view",
            &[
                "view=shop.totals",
                "query=SELECT plan_id, count(*) AS visits FROM shop.visit WHERE discount > 0 GROUP BY plan_id",
            ],
        ),
        (
            "drop-column",
            &[
                "column=shop.customer.fax",
                "fill=NULL",
                "unused-for=7 days",
                "reader=frontend",
                "writer=backend",
            ],
        ),
        ("int-to-bigint", &["column=shop.orders.id", "reader=frontend", "writer=backend"]),
        (
            "merge-columns",
            &[
                "table=shop.customer",
                "to=full_name:text",
                "with=concat_ws(' ', first, last)",
                "from=first=split_part(full_name, ' ', 1)",
                "from=last=substr(full_name, strpos(full_name, ' ') + 1)",
            ],
        ),
        (
            "rename-column",
            &["column=shop.customer.mail", "to=mail_address", "reader=frontend", "writer=backend"],
        ),
        (
            "replace-enum-value",
            &["type=shop.state", "old=sent", "new=shipped", "reader=frontend", "writer=backend"],
        ),
        (
            "split-column",
            &[
                "column=shop.customer.name",
                "to=first_name=split_part(name, ' ', 1)",
                "to=last_name=substr(name, strpos(name, ' ') + 1)",
                "back=concat_ws(' ', first_name, last_name)",
            ],
        ),
    ] {
        example(SHOP, recipe, given);
    }
}
