#!/usr/bin/env python3
"""Shows the 40 edits of examples/shop to Alembic's autogenerate, and writes the table of docs/autogenerate.md.

Run it with a Python that has sqlalchemy, alembic and psycopg. Cutover's column is what crates/cli/tests/sqlalchemy.rs
tests; Alembic's is worked out from the operations that it generates with compare_type and compare_server_default.
"""
import importlib
import os
import subprocess
import sys
import tempfile
import tomllib
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import Server  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHOP = os.path.join(ROOT, "examples", "shop")


def models(text, number):
    """The metadata of a text of models."""
    folder = tempfile.mkdtemp()
    name = f"models_{number}"
    with open(os.path.join(folder, name + ".py"), "w") as file:
        file.write(text)
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name).Base.metadata
    finally:
        sys.path.pop(0)


def operations(connection, metadata):
    """What Alembic would write, a line each."""
    from alembic.autogenerate import api
    from alembic.migration import MigrationContext
    options = {"compare_type": True, "compare_server_default": True, "include_schemas": True,
               "include_name": lambda name, kind, _: kind != "schema" or name in (None, "billing")}
    context = MigrationContext.configure(connection, opts=options)
    script = api.produce_migrations(context, metadata)
    code = api.render_python_code(script.upgrade_ops, migration_context=context)
    lines = [line.strip() for line in code.splitlines()]
    return [line for line in lines if line.startswith("op.") or line.startswith("batch_op.")]


def verdict(edit, found, noise):
    """Whether the operations are the edit."""
    own = [line for line in found if line not in noise]
    if not own:
        return "no"
    if "rename" in edit:
        return "a drop and an add"
    return "yes"


def main():
    from sqlalchemy import create_engine
    warnings.simplefilter("ignore")
    with open(os.path.join(SHOP, "edits.toml"), "rb") as file:
        edits = tomllib.load(file)["edit"]
    with open(os.path.join(SHOP, "shop", "models.py")) as file:
        text = file.read()
    binary = os.path.join(ROOT, "target", "release", "cutover")
    with Server() as server:
        server.create("bench_shop")
        url = server.tcp_url("bench_shop")
        subprocess.run([binary, "upgrade", "--url", url], cwd=SHOP, check=True, capture_output=True)
        with create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1)).connect() as connection:
            noise = operations(connection, models(text, "as_they_are"))
            rows = []
            for number, edit in enumerate(edits):
                found = operations(connection, models(text.replace(edit["old"], edit["new"]), number))
                rows.append((edit["title"], "yes", verdict(edit, found, noise), [l for l in found if l not in noise]))
    print("| edit | Cutover | Alembic |\n| --- | --- | --- |")
    for title, ours, theirs, _ in rows:
        print(f"| {title} | {ours} | {theirs} |")
    seen = sum(1 for row in rows if row[2] == "yes")
    print(f"\nSeen by Cutover: {len(rows)} of {len(rows)}; by Alembic: {seen}.")
    print(f"Operations of Alembic on the unchanged models: {len(noise)}.")
    if "--operations" in sys.argv:
        for title, _, _, found in rows:
            print(f"\n{title}\n    " + "\n    ".join(found))


if __name__ == "__main__":
    main()
