#!/usr/bin/env python3
"""Compares two databases that differ in one column, beside the peers: time and peak memory.

    python bench/compare.py [--tables 1000 5000] [--rounds 5]

With a Python that has sqlalchemy, alembic, psycopg, migra and psycopg2; a participant that is not there is left out.
`pg_dump` is run once on each side: the floor that everybody knows.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import Server  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

SCHEMA = """DO $$ BEGIN FOR i IN {first}..{last} LOOP
EXECUTE format('CREATE TABLE t%s (id bigint PRIMARY KEY, a int NOT NULL, b text, c timestamptz DEFAULT now(),
    d numeric(10,2), e boolean, f varchar(40), g jsonb, h date, ref bigint)', i);
EXECUTE format('CREATE INDEX t%s_a ON t%s (a)', i, i);
EXECUTE format('CREATE INDEX t%s_b ON t%s (b, c)', i, i);
EXECUTE format('ALTER TABLE t%s ADD FOREIGN KEY (ref) REFERENCES t%s', i, greatest(i - 1, 1));
END LOOP; END $$"""

ALEMBIC = """
import sys
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine
old, new = sys.argv[1:]
metadata = MetaData()
metadata.reflect(create_engine(new))
with create_engine(old).connect() as connection:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    assert compare_metadata(context, metadata)
"""


def run(command):
    """Milliseconds, and peak memory in MB."""
    read = ("import json,resource,subprocess,sys,time;b=time.perf_counter();"
            "subprocess.run(sys.argv[1:],check=False,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL);"
            "print(json.dumps([(time.perf_counter()-b)*1000,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024]))")
    out = subprocess.run([sys.executable, "-c", read, *command], capture_output=True, text=True, check=True).stdout
    return tuple(float(n) for n in out.strip().strip("[]").split(","))


def participants(server):
    old, new = server.tcp_url("bench_old"), server.tcp_url("bench_new")
    psycopg = [url.replace("postgresql://", "postgresql+psycopg://", 1) for url in (old, new)]
    dump = f"{server.bin}/pg_dump"
    both = f"{dump} --schema-only '{old}' > /dev/null && {dump} --schema-only '{new}' > /dev/null"
    found = {"cutover diff": [os.path.join(ROOT, "target/release/cutover"), "diff", old, new],
             "pg_dump, once on each": ["sh", "-c", both]}
    for module, name, command in [
        ("alembic", "Alembic, compare_metadata", [sys.executable, "-c", ALEMBIC, *psycopg]),
        ("migra", "migra", [os.path.join(os.path.dirname(sys.executable), "migra"), "--unsafe", old, new]),
    ]:
        if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0:
            found[name] = command
    return found


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tables", type=int, nargs="+", default=[1000, 5000])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", help="participants whose name has this in it")
    arguments = arguments.parse_args()
    print("| tables | | ms | to pg_dump | peak MB |\n| --- | --- | --- | --- | --- |")
    for tables in arguments.tables:
        with Server() as server:
            for side in ("bench_old", "bench_new"):
                server.create(side)
                for first in range(1, tables + 1, 500):
                    server.sql(SCHEMA.format(first=first, last=min(first + 499, tables)), side)
            server.sql("ALTER TABLE t7 ALTER COLUMN f TYPE varchar(50)", "bench_new")
            for side in ("bench_old", "bench_new"):
                server.sql("VACUUM ANALYZE", side)
            all_of_them = {n: c for n, c in participants(server).items() if (arguments.only or "") in n or "pg_dump" in n}
            times = {name: [] for name in all_of_them}
            for number in range(arguments.rounds):
                names = list(all_of_them)
                for name in names[number % len(names):] + names[:number % len(names)]:
                    times[name].append(run(all_of_them[name]))
            floor = statistics.median(ms for ms, _ in times["pg_dump, once on each"])
            for name, results in times.items():
                ms = statistics.median(ms for ms, _ in results)
                peak = max(mb for _, mb in results)
                print(f"| {tables} | {name} | {ms:.0f} | {ms / floor:.2f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
