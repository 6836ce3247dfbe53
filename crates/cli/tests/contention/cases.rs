//! The tables, and a naive statement for each kind of safe form.

/// The tables of all cases. The checks and the names' order are slow, so that a scan under a lock is seen on any
/// machine.
pub const TABLES: &str = "
CREATE FUNCTION slow(value int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN value >= 0; END';
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 50000) g;
CREATE TABLE orders (id bigint NOT NULL UNIQUE, customer_id bigint NOT NULL, number int NOT NULL, note text,
    total int NOT NULL, code int);
INSERT INTO orders SELECT g, g % 50000 + 1, g, repeat(md5(g::text), 8), g % 1000, g FROM generate_series(1, 500000) g;
CREATE INDEX orders_total ON orders (total);
CREATE INDEX orders_customer_id ON orders (customer_id);
CREATE TABLE log (id bigint PRIMARY KEY, code int, total int NOT NULL);
INSERT INTO log SELECT g, g, g % 1000 FROM generate_series(1, 500000) g;
ALTER TABLE log ADD CONSTRAINT log_positive CHECK (slow(total)) NOT VALID;
CREATE TABLE invoices (id bigint PRIMARY KEY, customer_id bigint NOT NULL CONSTRAINT invoices_customer
    REFERENCES customers (id), total int NOT NULL);
CREATE TABLE parts (id bigint NOT NULL, total int NOT NULL, note text) PARTITION BY RANGE (id);
CREATE INDEX parts_id ON parts (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (500001);
INSERT INTO parts SELECT g, g % 1000, md5(g::text) FROM generate_series(1, 500000) g;
CREATE TABLE parts_old PARTITION OF parts FOR VALUES FROM (-100000) TO (0);
CREATE TABLE later (id bigint NOT NULL, total int NOT NULL, note text);
INSERT INTO later SELECT g, g % 1000, md5(g::text) FROM generate_series(500001, 1000000) g;
CREATE INDEX later_id ON later (id);
CREATE TABLE names (name text COLLATE \"und-x-icu\" NOT NULL, total int) PARTITION BY RANGE (name);
CREATE TABLE names_rest PARTITION OF names DEFAULT;
INSERT INTO names SELECT 'm' || md5(g::text), g FROM generate_series(1, 500000) g;
CREATE TABLE names_n (LIKE names);
INSERT INTO names_n SELECT 'n' || md5(g::text), g FROM generate_series(1, 500000) g;
CREATE MATERIALIZED VIEW by_customer AS SELECT customer_id, count(*), sum(total) FROM orders GROUP BY customer_id;
CREATE UNIQUE INDEX by_customer_key ON by_customer (customer_id);
";

/// What runs instead of the naive statement.
pub enum Safe {
    /// What `cutover lint --fix` writes.
    Fixed,
    /// The same statement: there is no other form, and Cutover's lock timeout and its tries are what is safe.
    AsItIs,
    /// What `cutover lint --fix-all` writes, up to where the rows are filled in batches. It has to begin like this.
    Begins(&'static str),
}

/// A naive statement, and what its clients read and write meanwhile.
pub struct Case {
    pub name: &'static str,
    pub naive: &'static str,
    pub safe: Safe,
    /// A query of a transaction that stays open for a while. The naive statement is quick by itself and waits for it,
    /// with all who come later behind it; it is run by psql, which has no lock timeout.
    pub open: Option<&'static str>,
    pub read: &'static str,
    pub write: &'static str,
}

/// A case that is slow by itself, on the orders.
const ORDERS: Case = Case {
    name: "",
    naive: "",
    safe: Safe::Fixed,
    open: None,
    read: "SELECT note FROM orders WHERE id = (SELECT 1 + (random() * 499999)::int)",
    write: "UPDATE orders SET total = total + 1 WHERE id = (SELECT 1 + (random() * 499999)::int)",
};

/// The same on the log.
const LOG: Case = Case {
    read: "SELECT total FROM log WHERE id = (SELECT 1 + (random() * 499999)::int)",
    write: "UPDATE log SET total = total + 1 WHERE id = (SELECT 1 + (random() * 499999)::int)",
    ..ORDERS
};

/// The same on the customers.
const CUSTOMERS: Case = Case {
    read: "SELECT name FROM customers WHERE id = (SELECT 1 + (random() * 49999)::int)",
    write: "UPDATE customers SET name = name || '.' WHERE id = (SELECT 1 + (random() * 49999)::int)",
    ..ORDERS
};

/// The same on a partitioned table.
const PARTS: Case = Case {
    read: "SELECT total FROM parts WHERE id = (SELECT 1 + (random() * 499999)::int)",
    write: "UPDATE parts SET total = total + 1 WHERE id = (SELECT 1 + (random() * 499999)::int)",
    ..ORDERS
};

/// The same on a table that becomes one of its partitions.
const LATER: Case = Case {
    read: "SELECT total FROM later WHERE id = (SELECT 500001 + (random() * 499999)::int)",
    write: "UPDATE later SET total = total + 1 WHERE id = (SELECT 500001 + (random() * 499999)::int)",
    ..ORDERS
};

pub const CASES: &[Case] = &[
    Case { name: "index", naive: "CREATE INDEX orders_code ON orders (code, customer_id);", ..ORDERS },
    Case { name: "index of a partitioned table", naive: "CREATE INDEX parts_note ON parts (note);", ..PARTS },
    Case {
        name: "unique",
        naive: "ALTER TABLE orders ADD CONSTRAINT orders_number UNIQUE (number, customer_id);",
        ..ORDERS
    },
    Case {
        name: "primary key",
        naive: "ALTER TABLE later ADD CONSTRAINT later_pkey PRIMARY KEY (id, note);",
        ..LATER
    },
    Case {
        name: "primary key from an index",
        naive: "CREATE UNIQUE INDEX CONCURRENTLY orders_pkey ON orders (code);\n\
            ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey;",
        ..ORDERS
    },
    Case {
        name: "check",
        naive: "ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (slow(total));",
        ..ORDERS
    },
    Case {
        name: "foreign key",
        naive: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id);",
        ..CUSTOMERS
    },
    Case { name: "not null", naive: "ALTER TABLE orders ALTER COLUMN code SET NOT NULL;", ..ORDERS },
    Case {
        name: "volatile default",
        naive: "ALTER TABLE log ADD COLUMN token uuid DEFAULT gen_random_uuid();",
        safe: Safe::Begins(
            "ALTER TABLE log ADD COLUMN token uuid, ALTER COLUMN token SET DEFAULT gen_random_uuid();",
        ),
        ..LOG
    },
    Case { name: "reindex", naive: "REINDEX TABLE orders;", ..ORDERS },
    Case {
        name: "refresh",
        naive: "REFRESH MATERIALIZED VIEW by_customer;",
        read: "SELECT count FROM by_customer WHERE customer_id = (SELECT 1 + (random() * 49999)::int)",
        ..ORDERS
    },
    Case {
        name: "attach, rows",
        naive: "ALTER TABLE names ATTACH PARTITION names_n FOR VALUES FROM ('n') TO ('o');",
        // both are read: one for what does not belong there, the other for what belongs elsewhere
        read: "SELECT total FROM names_rest LIMIT 1",
        write: "INSERT INTO names_n VALUES ('nobody', 1)",
        ..ORDERS
    },
    Case {
        name: "attach, indexes",
        naive: "DROP INDEX CONCURRENTLY later_id;\n\
            ALTER TABLE later ADD CONSTRAINT ours CHECK (id >= 500001 AND id < 1000001) NOT VALID;\n--@ sql\n\
            ALTER TABLE later VALIDATE CONSTRAINT ours;\n--@ sql\n\
            ALTER TABLE parts ATTACH PARTITION later FOR VALUES FROM (500001) TO (1000001);",
        // without the index every row would be read
        read: "SELECT total FROM later LIMIT 1",
        write: "INSERT INTO later VALUES (500001, 1)",
        ..LATER
    },
    Case {
        name: "validated where it was added",
        naive: "ALTER TABLE log ADD CONSTRAINT log_slow CHECK (slow(total + 1)) NOT VALID;\n\
            ALTER TABLE log VALIDATE CONSTRAINT log_slow;",
        ..LOG
    },
    Case {
        name: "read behind a strong lock",
        naive: "ALTER TABLE log ADD COLUMN note text;\nALTER TABLE log VALIDATE CONSTRAINT log_positive;",
        ..LOG
    },
    Case {
        name: "rows changed behind a strong lock",
        naive: "ALTER TABLE log ADD COLUMN note text;\nUPDATE log SET note = 'old' WHERE id <= 100000;",
        // a row that is being changed waits in both forms
        write: "UPDATE log SET total = total + 1 WHERE id = (SELECT 100001 + (random() * 399999)::int)",
        ..LOG
    },
    Case {
        name: "strong locks on two tables",
        naive: "ALTER TABLE orders ADD COLUMN seen text;\nALTER TABLE customers ADD COLUMN seen text;",
        open: Some("SELECT name FROM customers LIMIT 1"),
        ..ORDERS
    },
    Case {
        name: "drop index",
        naive: "DROP INDEX orders_total, orders_customer_id;",
        open: Some("SELECT note FROM orders LIMIT 1"),
        ..ORDERS
    },
    Case {
        name: "detach",
        naive: "ALTER TABLE parts DETACH PARTITION parts_old;",
        open: Some("SELECT count(*) FROM parts WHERE id < 0"),
        ..PARTS
    },
    Case {
        name: "drop partition",
        naive: "DROP TABLE parts_old;",
        open: Some("SELECT count(*) FROM parts WHERE id < 0"),
        ..PARTS
    },
    Case {
        name: "create partition",
        naive: "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (500001) TO (1000001);",
        open: Some("SELECT count(*) FROM parts WHERE id < 0"),
        ..PARTS
    },
    Case {
        name: "drop foreign key",
        naive: "ALTER TABLE invoices DROP CONSTRAINT invoices_customer;",
        safe: Safe::AsItIs,
        open: Some("SELECT name FROM customers LIMIT 1"),
        ..CUSTOMERS
    },
    Case {
        name: "drop a table with a foreign key",
        naive: "DROP TABLE invoices;",
        safe: Safe::AsItIs,
        open: Some("SELECT name FROM customers LIMIT 1"),
        ..CUSTOMERS
    },
];
