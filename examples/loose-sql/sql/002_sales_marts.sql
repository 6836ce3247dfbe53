\set ON_ERROR_STOP on
\echo 'marts of sales'

CREATE TABLE shop.sale (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES shop.product (id),
    sold_at timestamptz NOT NULL DEFAULT now(),
    quantity integer NOT NULL CHECK (quantity > 0)
);

CREATE SCHEMA mart;

-- each category with what was sold in it and below it
CREATE MATERIALIZED VIEW mart.category_sales AS
SELECT c.path, c.name, count(s.id) AS sales, coalesce(sum(s.quantity * p.price), 0) AS revenue
FROM shop.category c
LEFT JOIN shop.product p ON p.category <@ c.path
LEFT JOIN shop.sale s ON s.product_id = p.id
GROUP BY c.path, c.name;

-- REFRESH ... CONCURRENTLY needs it
CREATE UNIQUE INDEX category_sales_path ON mart.category_sales (path);

CREATE MATERIALIZED VIEW mart.daily_sales AS
SELECT date_trunc('day', sold_at AT TIME ZONE 'UTC') AS day, sum(quantity) AS quantity
FROM shop.sale
GROUP BY 1;

CREATE UNIQUE INDEX daily_sales_day ON mart.daily_sales (day);

CREATE FUNCTION mart.refresh_category_sales() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY mart.category_sales;
    RETURN NULL;
END
$$;

CREATE TRIGGER refresh_category_sales
    AFTER INSERT OR UPDATE OR DELETE ON shop.product
    FOR EACH STATEMENT EXECUTE FUNCTION mart.refresh_category_sales();

-- every night, where pg_cron is
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        PERFORM cron.schedule('daily_sales', '15 3 * * *', 'REFRESH MATERIALIZED VIEW CONCURRENTLY mart.daily_sales');
    END IF;
END
$$;
