# Prints the DDL of an SQLAlchemy MetaData. Arguments: module:attribute
import importlib
import os
import sys

sys.path.insert(0, os.getcwd())
module, _, path = sys.argv[1].partition(":")
found = importlib.import_module(module)
for part in path.split(".") if path else ["metadata"]:
    found = getattr(found, part)
metadata = getattr(found, "metadata", found)

from sqlalchemy import create_mock_engine  # noqa: E402

done = set()


def emit(statement, *_, **__):
    text = str(statement.compile(dialect=engine.dialect)).strip()
    # an enum is created with each table that uses it
    if not (text.startswith("CREATE TYPE") and text in done):
        print(text + ";")
    done.add(text)


engine = create_mock_engine("postgresql://", emit)
for schema in sorted({table.schema for table in metadata.tables.values() if table.schema}):
    print('CREATE SCHEMA IF NOT EXISTS "' + schema.replace('"', '""') + '";')
metadata.create_all(engine, checkfirst=False)
