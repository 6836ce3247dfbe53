#!/usr/bin/env python3
"""One UPDATE of a whole table: as one statement, as a naive loop in psql, and by Cutover.

    python3 bench/backfill.py                          # everything, with 5 million rows: about an hour
    python3 bench/backfill.py --only rate --sizes 100000,1000000
    python3 bench/backfill.py --only load --rows 1000000
    python3 bench/backfill.py --only kill --rows 1000000

`rate`: nothing else runs. `load`: pgbench reads and writes rows of the same table beside it, open loop (`--rate`) at half of
what it can do alone, so that a stall is counted and not hidden. `kill`: the runner gets SIGKILL half way and is started again.
`--seconds` writes what each tenth of a second was like, to find out what a stall comes from.
The server is on disk (--dir) with fsync, full_page_writes, synchronous_commit and autovacuum on, and has WAL files to use
again, as one that has been at work for a while: making a new file stops every commit for as long as the disk needs for 16 MB.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from server import Server
from tools import TARGET

STATEMENT = "UPDATE t SET n = n + 1"
# half reads, half writes, of rows of the table that is backfilled
SCRIPT = """\\set id random(1, {rows})
\\set what random(1, 2)
\\if :what = 1
SELECT pad FROM t WHERE id = :id;
\\else
UPDATE t SET touched = touched + 1 WHERE id = :id;
\\endif
"""
LOOP = """DO $$
DECLARE low bigint := 0; high bigint := (SELECT max(id) FROM t);
BEGIN
  WHILE low < high LOOP
    UPDATE t SET n = n + 1 WHERE id > low AND id <= low + {step};
    low := low + {step};
    COMMIT;
  END LOOP;
END $$;"""


class Durable(Server):
    """The throw-away server, with everything on that keeps data."""

    def __init__(self, base):
        self.base = base

    def __enter__(self):
        access = os.access
        os.access = lambda path, mode: False if path == "/dev/shm" else access(path, mode)
        tempfile.tempdir = self.base
        try:
            super().__enter__()
        finally:
            os.access, tempfile.tempdir = access, None
        self._run("pg_ctl", "-D", f"{self.dir}/data", "-w", "-m", "fast", "stop")
        options = (f"-k {self.dir} -p {self.port} -c listen_addresses=127.0.0.1 -c shared_buffers=1GB "
                   "-c max_wal_size=8GB -c min_wal_size=4GB -c checkpoint_timeout=10min -c wal_level=replica")
        self._run("pg_ctl", "-D", f"{self.dir}/data", "-w", "-l", f"{self.dir}/log", "-o", options, "start")
        self.use_wal(4 << 10)
        return self

    def use_wal(self, mb):
        """Goes through so many MB of WAL files, which the checkpoint then leaves to be used again."""
        # a switch does nothing in a file that nothing was written to
        for _ in range(mb // 16):
            self.sql("SELECT pg_logical_emit_message(false, 'bench', 'x'); SELECT pg_switch_wal()")
        self.sql("CHECKPOINT")


class Bench:
    def __init__(self, server, folder, program):
        self.server, self.folder, self.program = server, folder, program
        os.makedirs(f"{folder}/migrations")
        with open(f"{folder}/cutover.toml", "w", encoding="utf-8") as file:
            file.write('migrations = "migrations"\n')
        with open(f"{folder}/migrations/0001_fill.sql", "w", encoding="utf-8") as file:
            file.write("--@ revision 0001\n--@ revises base\n\n-- Count up\n\n--@ upgrade\n--@ backfill t by id\n"
                       f"{STATEMENT};\n\n--@ downgrade\nSELECT 1;\n")

    def fresh(self, rows):
        """The table anew, vacuumed, and nothing left to write back."""
        self.server.create("bench")
        sql = self.sql
        sql("CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0, touched int NOT NULL DEFAULT 0, pad text)")
        sql(f"INSERT INTO t SELECT i, 0, 0, repeat('x', 80) FROM generate_series(1, {rows}) AS i")
        sql("VACUUM (FREEZE, ANALYZE) t")
        self.server.sql("CHECKPOINT")

    def sql(self, statement):
        return self.server.sql(statement, "bench")

    def command(self, how):
        url = self.server.socket_url("bench")
        if how == "nothing":
            # what differs then is the noise of the machine
            return ["sleep", "20"]
        if how == "cutover":
            return [self.program, "upgrade", "--quiet", "--url", url]
        text = STATEMENT if how == "one statement" else LOOP.format(step=1000)
        return [f"{self.server.bin}/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text]

    def start(self, how):
        return subprocess.Popen(self.command(how), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True)

    def run(self, how):
        """Seconds, bytes of WAL and dead rows."""
        before = self.sql("SELECT pg_current_wal_insert_lsn()")
        began = time.monotonic()
        child = self.start(how)
        _, err = child.communicate()
        seconds = time.monotonic() - began
        if child.returncode:
            raise SystemExit(f"{how} failed:\n{err}")
        wal = int(float(self.sql(f"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{before}')")))
        return seconds, wal, before

    def dead(self):
        time.sleep(1.2)
        return int(self.sql("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 't'"))

    def size(self):
        return int(self.sql("SELECT pg_total_relation_size('t')"))

    def check(self, rows):
        found = self.sql("SELECT count(*) FROM t WHERE n = 1")
        assert int(found) == rows, f"{found} of {rows} rows were changed once"


WAYS = ["one statement", "naive loop", "cutover"]


def rate(bench, sizes, rounds):
    out = []
    for rows in sizes:
        found = {way: [] for way in WAYS}
        for turn in range(rounds):
            for at in range(len(WAYS)):
                way = WAYS[(at + turn) % len(WAYS)]
                bench.fresh(rows)
                before = bench.size()
                seconds, wal, _ = bench.run(way)
                bench.check(rows)
                found[way].append((rows / seconds, wal / rows, bench.dead(), bench.size() - before))
        floor = statistics.median(one[0] for one in found["one statement"])
        for way in WAYS:
            middle = [statistics.median(column) for column in zip(*found[way])]
            out.append({"rows": rows, "how": way, "rows_per_second": round(middle[0]), "ratio": round(middle[0] / floor, 2),
                        "wal_bytes_per_row": round(middle[1]), "dead_rows": round(middle[2]),
                        "grown_mb": round(middle[3] / 2**20)})
            print(f"{rows:>10,}  {way:14} {middle[0]:>9,.0f} rows/s  x{middle[0] / floor:.2f}  {middle[1]:>5.0f} B of WAL a row  "
                  f"{middle[2]:>9,.0f} dead rows  {middle[3] / 2**20:>6.0f} MB grown", flush=True)
    return out


class Load:
    """pgbench beside it: on a clock, with a log of every transaction."""

    def __init__(self, bench, rows, clients=4):
        self.bench, self.clients = bench, clients
        self.script = f"{bench.folder}/load.sql"
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(SCRIPT.format(rows=rows))

    def command(self, seconds, *more):
        server = self.bench.server
        return [f"{server.bin}/pgbench", "-n", "-f", self.script, "-c", str(self.clients), "-j", "1", "-T", str(seconds),
                "-h", server.dir, "-p", str(server.port), "-U", "postgres", *more, "bench"]

    def most(self, seconds=10):
        """Transactions a second that it can do alone."""
        done = subprocess.run(self.command(seconds), check=True, capture_output=True, text=True)
        line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
        return float(line.split()[2])

    def start(self, rate, seconds):
        for name in os.listdir(self.bench.folder):
            if name.startswith("pgbench_log"):
                os.remove(f"{self.bench.folder}/{name}")
        return subprocess.Popen(self.command(seconds, "-R", str(rate), "-l"), cwd=self.bench.folder,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def log(self):
        """When each transaction ended, and how long after the time it was due."""
        rows = []
        for name in os.listdir(self.bench.folder):
            if name.startswith("pgbench_log"):
                with open(f"{self.bench.folder}/{name}", encoding="utf-8") as file:
                    for line in file:
                        part = line.split()
                        if len(part) > 5 and part[2].isdigit():
                            rows.append((int(part[4]) + int(part[5]) / 1e6, int(part[2]) / 1000))
        return sorted(rows)


def judged(rows, start, end, rate):
    """p50, p99 and the longest of those that were due between start and end, and the worst whole second's throughput."""
    times = sorted(ms for at, ms in rows if start <= at - ms / 1000 < end)
    seconds = {}
    for at, _ in [one for one in rows if start <= one[0] < end]:
        seconds[int(at - start)] = seconds.get(int(at - start), 0) + 1
    whole = [seconds.get(s, 0) for s in range(int(end - start))]
    pick = lambda share: times[min(len(times) - 1, int(share * len(times)))]
    return {"transactions": len(times), "p50_ms": round(pick(0.5), 2), "p99_ms": round(pick(0.99), 2),
            "max_ms": round(times[-1], 1), "worst_second": round(min(whole) / rate, 2) if whole else None}


def told(rows, start, end):
    """Prints how long transactions took in each tenth of a second."""
    tenths = {}
    for at, ms in rows:
        tenth = int((at - ms / 1000 - start) * 10)
        if -10 <= tenth <= (end - start) * 10:
            tenths.setdefault(tenth, []).append(ms)
    for tenth, times in sorted(tenths.items()):
        print(f"    {tenth / 10:6.1f} s  {len(times):>5} transactions, median {statistics.median(times):6.1f} ms, longest {max(times):6.1f} ms")


def load(bench, rows, calm, limit, each_tenth):
    bench.fresh(rows)
    driver = Load(bench, rows)
    most = driver.most()
    half = int(most / 2)
    print(f"pgbench alone: {most:,.0f} transactions/s; its clock is set to {half:,}", flush=True)
    out = []
    for way in ["nothing", *WAYS]:
        bench.fresh(rows)
        child = driver.start(half, calm + limit)
        time.sleep(calm)
        start = time.time()
        work = bench.start(way)
        try:
            _, err = work.communicate(timeout=limit - 2)
            if work.returncode:
                raise SystemExit(f"{way} failed:\n{err}")
            whole = True
        except subprocess.TimeoutExpired:
            work.send_signal(signal.SIGKILL)
            work.wait()
            whole = False
        end = time.time()
        # it writes the end of its log when it ends by itself
        child.wait()
        log = driver.log()
        first = log[0][0]
        if whole and way != "nothing":
            bench.check(rows)
            changed = rows
        else:
            changed = int(bench.sql("SELECT count(*) FROM t WHERE n > 0"))
        if each_tenth:
            told(log, start, end)
        before = judged(log, first + 2, start, half)
        during = judged(log, start, max(end, start + 1.5), half)
        one = {"rows": rows, "how": way, "seconds": round(end - start, 1), "whole": whole,
               "rows_per_second": round(changed / (end - start)), "clock": half, "before": before, "during": during}
        out.append(one)
        print(f"{way:14} {one['rows_per_second']:>9,} rows/s in {one['seconds']} s{'' if whole else ' (stopped)'}\n"
              f"    before  {before}\n    during  {during}", flush=True)
    return out


def kill(bench, rows, rounds):
    """Milliseconds from the start of the second run to its first committed batch."""
    times = []
    for _ in range(rounds):
        bench.fresh(rows)
        child = bench.start("cutover")
        seen = "SELECT coalesce(sum(seen), 0) FROM cutover.backfill_range"
        while not bench.sql("SELECT to_regclass('cutover.backfill_range')") or int(bench.sql(seen)) < rows / 3:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
        began = time.monotonic()
        again = bench.start("cutover")
        batches = "SELECT coalesce(sum(seen), 0) FROM cutover.backfill_range"
        before = int(bench.sql(batches))
        while int(bench.sql(batches) or 0) == before and again.poll() is None:
            time.sleep(0.01)
        times.append((time.monotonic() - began) * 1000)
        again.communicate()
        bench.check(rows)
    print(f"killed {rounds} times: the first batch is committed {statistics.median(times):.0f} ms after the restart "
          f"(longest {max(times):.0f} ms); every row was changed once", flush=True)
    return {"rows": rows, "median_ms": round(statistics.median(times)), "max_ms": round(max(times))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--sizes", default="100000,1000000,5000000,10000000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--calm", type=int, default=20, help="seconds of pgbench before each run")
    parser.add_argument("--limit", type=int, default=600, help="seconds after which a run beside pgbench is stopped")
    parser.add_argument("--seconds", action="store_true")
    parser.add_argument("--only", choices=["rate", "load", "kill"])
    parser.add_argument("--dir", help="where the server's files are; the default is the system's folder for such things")
    parser.add_argument("--program", help="a cutover that is built already; the default builds one with --release")
    parser.add_argument("--json")
    args = parser.parse_args()
    if not args.program:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "cutover"], check=True)
        args.program = f"{TARGET}/release/cutover"
    folder = tempfile.mkdtemp(prefix="cutover-bench-project-")
    out = {}
    try:
        with Durable(args.dir) as server:
            bench = Bench(server, folder, os.path.abspath(args.program))
            if args.only in (None, "rate"):
                out["rate"] = rate(bench, [int(size) for size in args.sizes.split(",")], args.rounds)
            if args.only in (None, "load"):
                out["load"] = load(bench, args.rows, args.calm, args.limit, args.seconds)
            if args.only in (None, "kill"):
                out["kill"] = kill(bench, args.rows, args.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(out, file, indent=2)


if __name__ == "__main__":
    main()
