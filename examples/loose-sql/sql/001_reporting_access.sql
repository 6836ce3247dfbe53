-- What the reporting team may read.
GRANT USAGE ON SCHEMA shop, mart TO reporting;
GRANT SELECT ON shop.category, shop.product TO reporting;
GRANT SELECT ON mart.category_sales TO reporting;
-- so that they can bring it up to date themselves
GRANT REFRESH ON mart.category_sales TO reporting;
