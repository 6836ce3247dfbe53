#!/usr/bin/env python3
"""Measures Cutover beside its peers. See README.md here."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import Server  # noqa: E402
from tools import ROOT, Cutover, participants  # noqa: E402


def timed(action):
    """Milliseconds."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def turned(tools, number):
    """The same in another order each round."""
    at = number % len(tools)
    return tools[at:] + tools[:at]


def measure(server, tools, count, rounds, idle_rounds):
    apply, idle = {t.name: [] for t in tools}, {t.name: [] for t in tools if t.name != "psql"}
    nothing = idle.setdefault("(starting /bin/true)", [])
    for tool in tools:
        tool.files(count)
    for number in range(rounds):
        for tool in turned(tools, number):
            database = f"bench_{tool.name}"
            server.create(database)
            apply[tool.name].append(timed(lambda: tool.run(database)))
            found = int(server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^t[0-9]'", database))
            assert found == count, f"{tool.name} made {found} tables"
        for repeat in range(idle_rounds):
            nothing.append(timed(lambda: subprocess.run(["/bin/true"], env=dict(os.environ), capture_output=True)))
            for tool in turned([t for t in tools if t.name in idle], repeat):
                idle[tool.name].append(timed(lambda: tool.run(f"bench_{tool.name}")))
    return apply, idle


def peak(command, folder):
    """Peak memory of a command, in MB."""
    read = ("import os,resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL,"
            "stderr=subprocess.DEVNULL);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    out = subprocess.run([sys.executable, "-c", read, *command], cwd=folder, capture_output=True, text=True, check=True)
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return int(out.stdout) / unit


def memory(server, tools):
    tool = next(t for t in tools if isinstance(t, Cutover))
    server.create("bench_memory")
    command = tool.command("bench_memory")
    return {"apply": peak(command, tool.folder), "nothing to do": peak(command, tool.folder)}


def scratch():
    """Milliseconds of a scratch server and its databases, as the example server_timing prints them."""
    command = ["cargo", "run", "--release", "--quiet", "-p", "cutover-engine", "--example", "server_timing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else f"not measured: {done.stderr.strip()[-300:]}"


def show(title, times, floor):
    print(f"\n{title}\n")
    print("| | median | fastest | slowest | to the floor |\n| --- | ---: | ---: | ---: | ---: |")
    base = statistics.median(times[floor]) if floor in times else None
    for name, list_ in sorted(times.items(), key=lambda item: statistics.median(item[1])):
        median = statistics.median(list_)
        ratio = f"{median / base:.2f} ×" if base else ""
        print(f"| {name} | {median:.1f} ms | {min(list_):.1f} ms | {max(list_):.1f} ms | {ratio} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle-rounds", type=int, default=4, help="runs with nothing to do in each round")
    parser.add_argument("--revisions", type=int, default=1000)
    parser.add_argument("--slow", action="store_true", help="with participants that have to be built first")
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    with Server() as server, tempfile.TemporaryDirectory(prefix="cutover-bench-") as folder:
        tools, missing = participants(server, folder, args.slow)
        version = server.sql("SHOW server_version")
        print(f"PostgreSQL {version}, {os.cpu_count()} cores, {args.rounds} rounds, {args.revisions} revisions")
        for name, why in missing.items():
            print(f"{name}: not installed: {why}")
        apply, idle = measure(server, tools, args.revisions, args.rounds, args.idle_rounds)
        used = memory(server, tools)
    show(f"Apply {args.revisions} revisions from nothing", apply, "psql")
    show(f"Nothing to do, {args.revisions} applied", idle, "")
    print("\nPeak memory of cutover: " + ", ".join(f"{what} {mb:.0f} MB" for what, mb in used.items()))
    timing = scratch()
    print(f"\nScratch servers\n\n{timing}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"server": version, "cores": os.cpu_count(), "apply_ms": apply, "idle_ms": idle,
                       "memory_mb": used, "missing": missing, "scratch": timing}, file, indent=2)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
