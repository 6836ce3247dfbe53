"""Runs upgrade() or downgrade() of a revision that was Alembic's, in one transaction, on the database that DATABASE_URL names.

    python alembic_run.py FILE upgrade|downgrade [--search-path PATH] [--engine NAME]

Needs Alembic, SQLAlchemy, and one of psycopg2, psycopg and asyncpg. Written by "cutover adopt alembic --run".
"""

import argparse
import asyncio
import importlib.util
import os

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, pool


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("direction", choices=["upgrade", "downgrade"])
    parser.add_argument("--search-path")
    parser.add_argument("--engine")
    options = parser.parse_args(words)
    url = os.environ["DATABASE_URL"]
    if is_there("psycopg2"):
        import psycopg2

        run_sync("postgresql+psycopg2://", lambda: psycopg2.connect(url, **settings(options)), options)
    elif is_there("psycopg"):
        import psycopg

        run_sync("postgresql+psycopg://", lambda: psycopg.connect(url, **settings(options)), options)
    elif is_there("asyncpg"):
        asyncio.run(run_async(url, options))
    else:
        raise SystemExit("none of psycopg2, psycopg and asyncpg is installed here")


def is_there(name):
    return importlib.util.find_spec(name) is not None


def settings(options):
    if not options.search_path:
        return {}
    return {"options": "-csearch_path=" + options.search_path.replace("\\", "\\\\").replace(" ", "\\ ")}


def run_sync(dialect, connect, options):
    with create_engine(dialect, creator=connect, poolclass=pool.NullPool).connect() as connection:
        run(connection, options)


async def run_async(url, options):
    import asyncpg
    from sqlalchemy.ext.asyncio import create_async_engine

    more = {"server_settings": {"search_path": options.search_path}} if options.search_path else {}
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url, **more), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run, options)


def run(connection, options):
    spec = importlib.util.spec_from_file_location("revision", options.file)
    revision = importlib.util.module_from_spec(spec)
    context = MigrationContext.configure(connection)
    with Operations.context(context), context.begin_transaction():
        spec.loader.exec_module(revision)
        call(getattr(revision, options.direction), options.engine)


def call(function, engine):
    function(engine) if engine is not None else function()


if __name__ == "__main__":
    main()
