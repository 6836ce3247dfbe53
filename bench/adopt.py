#!/usr/bin/env python3
"""Taking over a generated Alembic project (fixtures/alembic), beside the time that its own Alembic takes for the same revisions.

Three times for each size, in rounds that take turns:

- alembic up: `alembic upgrade heads`, one process, on a server of the same kind that adopt starts
- up, down, up: every revision up, down and up again, in one process with one run of env.py for each, as adopt has them
- adopt: `cutover adopt alembic`, which runs every revision up and down, runs what it wrote up and down, and compares the
  schema and the rows four times
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from server import Server
from tools import PLACE, ROOT, TARGET, Alembic, sh

GENERATOR = f"{ROOT}/fixtures/alembic/generate.py"

# every revision in the order of the chain, one step a run of env.py
THERE_AND_BACK = """
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationStep
from alembic.script import ScriptDirectory

config = Config("alembic.ini")
script = ScriptDirectory.from_config(config)

def run(make, revision):
    step = make(script.revision_map, revision)
    with EnvironmentContext(config, script, fn=lambda *_: [step], as_sql=False, starting_rev=None,
                            destination_rev=revision.revision, tag=None):
        script.run_env()

for revision in list(script.walk_revisions("base", "heads"))[::-1]:
    run(MigrationStep.upgrade_from_script, revision)
    run(MigrationStep.downgrade_from_script, revision)
    run(MigrationStep.upgrade_from_script, revision)
"""


def timed(command, folder, url=None):
    env = os.environ | ({"DATABASE_URL": url} if url else {})
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds


def adopt(program, python, project):
    """In a folder of its own: adopt writes its files beside the project."""
    folder = f"{PLACE}/adopt/taken"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return timed([program, "adopt", "alembic", project, "--into", "migrations", "--python", python], folder)


def rounds(args, python, size):
    """The times of each participant, in seconds."""
    project = f"{PLACE}/adopt/{size}"
    shutil.rmtree(project, ignore_errors=True)
    sh(sys.executable, GENERATOR, "--revisions", str(size), "--seed", str(args.seed), project)
    times = {"alembic up": [], "up, down, up": [], "adopt": []}
    with Server() as server:
        def on_new_database(command):
            server.create("bench_adopt")
            try:
                url = server.tcp_url("bench_adopt").replace("postgresql://", "postgresql+psycopg2://", 1)
                return timed(command, project, url)
            finally:
                server.sql("DROP DATABASE bench_adopt")

        runs = {
            "alembic up": lambda: on_new_database([python, "-m", "alembic", "upgrade", "heads"]),
            "up, down, up": lambda: on_new_database([python, "-c", THERE_AND_BACK]),
            "adopt": lambda: adopt(args.program, python, project),
        }
        for turn in range(args.rounds):
            names = list(runs)
            for name in names[turn % 3:] + names[:turn % 3]:
                times[name].append(runs[name]())
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", help="the Cutover that is measured; otherwise it is built")
    parser.add_argument("--python", help="a Python with Alembic and psycopg2; otherwise one is installed under target/bench")
    parser.add_argument("--sizes", default="100,300", help="numbers of revisions (100,300)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    if not args.program:
        sh("cargo", "build", "--release", "--quiet", "-p", "cutover", cwd=ROOT)
        args.program = f"{TARGET}/release/cutover"
    args.program = os.path.abspath(args.program)
    python = args.python and os.path.abspath(args.python)
    if not python:
        Alembic(None, PLACE).install()
        python = f"{PLACE}/python/bin/python"
    found = {size: rounds(args, python, size) for size in map(int, args.sizes.split(","))}
    print("| revisions | alembic up | up, down, up | adopt | a revision | to alembic up | to up, down, up |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for size, times in found.items():
        up, both, ours = (statistics.median(times[name]) for name in ("alembic up", "up, down, up", "adopt"))
        print(f"| {size} | {up:.1f} s | {both:.1f} s | {ours:.1f} s | {ours / size * 1000:.0f} ms "
              f"| {ours / up:.1f} x | {ours / both:.1f} x |")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)


if __name__ == "__main__":
    main()
