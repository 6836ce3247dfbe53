#!/usr/bin/env python3
"""How good the times of `cutover explain --against` are: said and measured, on tables of a million rows.

    python3 bench/estimates.py [--rows 1000000] [--rounds 3] [--bin /usr/lib/postgresql/15/bin] [--cutover PATH]

Each statement is explained, then run in a transaction that is rolled back; the time is the median of the rounds. The
factor is said / measured. The server is thrown away; fsync is on, and the data is where temporary files are.
"""
import argparse
import json
import math
import os
import re
import statistics
import subprocess
import tempfile

import server

TABLES = """
CREATE FUNCTION slow(value int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN value >= 0; END';
CREATE TABLE customers (id bigint PRIMARY KEY, name text);
INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, {rows} / 10) g;
CREATE TABLE narrow (id bigint PRIMARY KEY, customer_id bigint NOT NULL, a int NOT NULL, b int, code text);
INSERT INTO narrow SELECT g, (g * 7919::bigint) % ({rows} / 10) + 1, (g * 31::bigint) % 100003, g, md5(g::text)
    FROM generate_series(1, {rows}) g;
CREATE TABLE wide (id bigint PRIMARY KEY, customer_id bigint NOT NULL, a int NOT NULL, b int, code text, note text);
INSERT INTO wide SELECT g, (g * 7919::bigint) % ({rows} / 10) + 1, (g * 31::bigint) % 100003, g, md5(g::text),
    repeat(md5(g::text), 12) FROM generate_series(1, {rows}) g;
CREATE INDEX wide_a ON wide (a);
CREATE INDEX wide_code ON wide (code);
CREATE TABLE parts (id bigint NOT NULL, a int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 (id bigint NOT NULL, a int);
INSERT INTO parts_1 SELECT g, g FROM generate_series(1, {rows}) g;
"""

# the statement for each of the two large tables, then some for one
EACH = {
    "SET NOT NULL": "ALTER TABLE {t} ALTER COLUMN b SET NOT NULL",
    "ADD CHECK, of a number": "ALTER TABLE {t} ADD CONSTRAINT c CHECK (a >= 0)",
    "ADD CHECK, of a text": "ALTER TABLE {t} ADD CONSTRAINT c CHECK (length(code) = 32 AND code <> '')",
    "ADD FOREIGN KEY": "ALTER TABLE {t} ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers (id)",
    "CREATE INDEX, one number": "CREATE INDEX i ON {t} (a)",
    "CREATE INDEX, a text": "CREATE INDEX i ON {t} (code)",
    "CREATE INDEX, two columns": "CREATE INDEX i ON {t} (customer_id, a)",
    "ADD UNIQUE": "ALTER TABLE {t} ADD CONSTRAINT u UNIQUE (b)",
    "ALTER TYPE, written anew": "ALTER TABLE {t} ALTER COLUMN b TYPE bigint",
    "ADD COLUMN DEFAULT random()": "ALTER TABLE {t} ADD COLUMN r float8 DEFAULT random()",
}
ONE = {
    "ADD CHECK, PL/pgSQL": "ALTER TABLE narrow ADD CONSTRAINT c CHECK (slow(a))",
    "ATTACH PARTITION": "ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM (0) TO (1000000000)",
    "SET UNLOGGED": "ALTER TABLE narrow SET UNLOGGED",
}


class Durable(server.Server):
    """With fsync, as a live server has it, and with more memory than one that was just installed."""

    def _run(self, program, *args):
        args = [arg.replace("-c fsync=off", "-c shared_buffers=512MB -c max_wal_size=4GB")
                .replace("-c synchronous_commit=off -c full_page_writes=off", "") for arg in args]
        super()._run(program, *args)


def measured(url, bin, sql, rounds):
    times = []
    for _ in range(rounds):
        text = f"BEGIN;\n\\timing on\n{sql};\n\\timing off\nROLLBACK;\n"
        done = subprocess.run([f"{bin}/psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url], input=text, text=True,
                              capture_output=True)
        if done.returncode:
            raise SystemExit(f"{sql}: {done.stderr}")
        times.append(float(re.findall(r"Time: ([\d.]+) ms", done.stdout)[0]))
    return statistics.median(times)


def said(cutover, folder, url, sql):
    with open(f"{folder}/migrations/0002_try.sql", "w") as file:
        file.write(f"--@ revision 0002\n--@ revises 0001\n\n-- Try\n\n--@ upgrade\n{sql};\n\n--@ downgrade\nSELECT 1;\n")
    done = subprocess.run([cutover, "explain", "--against", url, "--format", "json"], cwd=folder, text=True,
                          capture_output=True)
    document = json.loads(done.stdout)
    return document["revisions"][0]["steps"][0]["statements"][0]["estimate_ms"]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--rows", type=int, default=1_000_000)
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--bin")
    args.add_argument("--cutover", default="target/release/cutover")
    args = args.parse_args()
    cutover = os.path.abspath(args.cutover)
    if args.bin:
        server.programs = lambda: args.bin
    os.access = lambda *_: False  # not on tmpfs: the disk is a part of the matter
    with Durable() as pg, tempfile.TemporaryDirectory() as folder:
        pg.create("estimates")
        url = pg.socket_url("estimates")
        os.makedirs(f"{folder}/migrations")
        open(f"{folder}/cutover.toml", "w").close()
        with open(f"{folder}/migrations/0001_base.sql", "w") as file:
            tables = TABLES.format(rows=args.rows)
            file.write(f"--@ revision 0001\n--@ revises base\n\n-- Base\n\n--@ upgrade\n{tables}\n--@ downgrade\nSELECT 1;\n")
        subprocess.run([cutover, "upgrade", "--url", url], cwd=folder, check=True, capture_output=True)
        pg.sql("VACUUM ANALYZE", "estimates")
        pg.sql("CHECKPOINT", "estimates")
        cases = {f"{name}, {table}": sql.format(t=table) for name, sql in EACH.items() for table in ("narrow", "wide")}
        cases |= ONE
        version = pg.sql("SHOW server_version")
        print(f"PostgreSQL {version}, {args.rows} rows\n\n| statement | said ms | measured ms | factor |\n| --- | ---: | ---: | ---: |")
        logs = []
        for name, sql in cases.items():
            guess = said(cutover, folder, url, sql)
            time = measured(url, pg.bin if os.path.exists(f"{pg.bin}/psql") else server.programs(), sql, args.rounds)
            factor = guess / time
            logs.append(abs(math.log(factor)))
            print(f"| {name} | {guess:.0f} | {time:.0f} | {factor:.2f} |", flush=True)
        logs.sort()
        print(f"\nmedian error: factor {math.exp(statistics.median(logs)):.2f}; worst: factor {math.exp(logs[-1]):.2f}")


if __name__ == "__main__":
    main()
