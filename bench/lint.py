#!/usr/bin/env python3
"""Linting files: Cutover beside squawk, on the same files in the same rounds."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from tools import PLACE, ROOT, TARGET, sh, write

# one of each in turn, on one of forty tables; {n} is a number
KINDS = [
    "CREATE TABLE t{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, made timestamptz NOT NULL DEFAULT now());\n"
    "CREATE INDEX t{n}_name ON t{n} (name);\nCOMMENT ON TABLE t{n} IS 'number {n}';",
    "ALTER TABLE orders_{t} ADD COLUMN note_{n} text;",
    "CREATE INDEX orders_{n} ON orders_{t} (note_{n});",
    "CREATE INDEX CONCURRENTLY orders_{n} ON orders_{t} (note_{n});",
    "ALTER TABLE orders_{t} ADD CONSTRAINT c_{n} CHECK (total > {n});",
    "ALTER TABLE orders_{t} ADD CONSTRAINT f_{n} FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;\n"
    "ALTER TABLE orders_{t} VALIDATE CONSTRAINT f_{n};",
    "CREATE OR REPLACE FUNCTION f_{n}(a int) RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN a + {n};\nEND\n$$;",
    "INSERT INTO settings (key, value) VALUES ('key {n}', '{n}') ON CONFLICT DO NOTHING;",
    "ALTER TABLE customers ALTER COLUMN name TYPE varchar({n});",
    "DROP INDEX orders_{n};\nALTER TABLE orders_{t} DROP COLUMN note_{n};",
]


def files(folder, count):
    shutil.rmtree(folder, ignore_errors=True)
    names = []
    for n in range(1, count + 1):
        name = f"{folder}/{n:04}.sql"
        write(name, f"-- migration {n}\n{KINDS[n % len(KINDS)].format(n=n, t=n % 40)}\n")
        names.append(name)
    return names


def big(path, size):
    """A file with a finding in most of its lines."""
    lines, total, n = [], 0, 0
    while total < size:
        n += 1
        line = f"CREATE INDEX orders_{n} ON orders (column_{n}, other_{n});"
        lines.append(line)
        total += len(line) + 1
    write(path, "\n".join(lines) + "\n")
    return n


def squawk():
    program = f"{PLACE}/squawk/bin/squawk"
    if not os.path.exists(program):
        sh(sys.executable, "-m", "venv", f"{PLACE}/squawk")
        sh(f"{PLACE}/squawk/bin/pip", "install", "--quiet", "squawk-cli")
    return program


def run(command, limit):
    """Milliseconds; a linter exits with another code than 0 when it finds something."""
    began = time.perf_counter()
    try:
        done = subprocess.run(command, cwd=f"{PLACE}/lint", capture_output=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{command[0]}: {done.stderr.decode()[-500:]}")
    return (time.perf_counter() - began) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    sh("cargo", "build", "--release", "--quiet", "-p", "cutover", cwd=ROOT)
    cutover = [f"{TARGET}/release/cutover", "lint", "--fail", "never"]
    peers = {"cutover": cutover}
    try:
        peers["squawk"] = [squawk()]
    except RuntimeError as error:
        print(f"squawk cannot be installed: {error}", file=sys.stderr)
    folder = f"{PLACE}/lint"
    thousand = files(f"{folder}/thousand", 1000)
    findings = big(f"{folder}/big.sql", 1_000_000)
    big(f"{folder}/big2.sql", 2_000_000)
    cases = {
        "1,000 files": thousand,
        "one file": thousand[3:4],
        f"1 MB, {findings} findings": [f"{folder}/big.sql"],
        f"2 MB, {findings * 2} findings": [f"{folder}/big2.sql"],
    }
    result = {}
    print(f"{'':28}" + "".join(f"{name:>14}" for name in peers) + f"{'ratio':>10}")
    for case, what in cases.items():
        times = {name: [] for name in peers}
        for number in range(args.rounds):
            order = list(peers)
            for name in order[number % len(order):] + order[:number % len(order)]:
                # who takes minutes is asked once
                if times[name] and (times[name][0] is None or times[name][0] > 15_000):
                    continue
                times[name].append(run(peers[name] + what, 180))
        medians = {name: None if None in t else statistics.median(t) for name, t in times.items()}
        result[case] = medians
        shown = "".join(f"{'> 180 s':>14}" if ms is None else f"{ms:11.1f} ms" for ms in medians.values())
        ours, theirs = medians["cutover"], medians.get("squawk")
        ratio = "" if not ours or not theirs else f"{theirs / ours:9.1f}x"
        print(f"{case:28}{shown}{ratio}")
    if args.json:
        write(os.path.abspath(args.json), json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
