# Prints the DDL of a Django project's models. Arguments: the settings module, the server's version number
import decimal
import os
import sys

sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]

import django  # noqa: E402

django.setup()

from django.apps import apps  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.backends.postgresql.base import DatabaseWrapper  # noqa: E402

# the settings' own backend may be another one, and nothing is connected to
settings = {**connections.databases["default"], "ENGINE": "django.db.backends.postgresql", "NAME": "models"}
connection = DatabaseWrapper(settings, "default")
connection.ensure_connection = lambda: None
connection.__dict__["pg_version"] = int(sys.argv[2])


class Literal:
    """Quotes values as the server would: the editor asks the driver, which would ask the server."""

    def quote_value(self, value):
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float, decimal.Decimal)):
            return str(value)
        if isinstance(value, (list, tuple)):
            return "ARRAY[" + ", ".join(self.quote_value(item) for item in value) + "]" if value else "'{}'"
        return "'" + str(value).replace("'", "''") + "'"


class Editor(connection.SchemaEditorClass):
    def quote_value(self, value):
        return Literal().quote_value(value)

    def execute(self, sql, params=()):
        text = str(sql)
        if params:
            text = text % tuple(self.quote_value(value) for value in params)
        self.collected_sql.append(text.rstrip(";") + ";")


editor = Editor(connection, collect_sql=True, atomic=False)
editor.deferred_sql = []
for model in apps.get_models(include_auto_created=False):
    if model._meta.managed and not model._meta.proxy and not model._meta.swapped:
        editor.create_model(model)
print("\n".join(editor.collected_sql))
print("\n".join(str(sql).rstrip(";") + ";" for sql in editor.deferred_sql))
