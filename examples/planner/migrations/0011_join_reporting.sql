--@ revision 0011
--@ revises 0009, 0010

-- Join the reports with the main line

--@ upgrade

COMMENT ON TABLE report.daily IS 'One row for each business and day';

--@ downgrade

COMMENT ON TABLE report.daily IS NULL;
