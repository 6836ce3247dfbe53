"""A throw-away PostgreSQL on a socket and a TCP port, gone when it is left."""
import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile


def programs():
    """The folder of the newest PostgreSQL programs."""
    found = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/opt/homebrew/opt/postgresql@*/bin")
    found.sort(key=lambda path: int("".join(c for c in path.split("postgresql")[-1] if c.isdigit()) or 0))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    if not initdb:
        raise SystemExit("no PostgreSQL server programs: scripts/setup installs them")
    return os.path.dirname(os.path.realpath(initdb))


class Server:
    def __enter__(self):
        self.bin = programs()
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.dir = tempfile.mkdtemp(prefix="cutover-bench-", dir=base)
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(self.dir, entry.pw_uid, entry.pw_gid)
            os.chmod(self.dir, 0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        data = f"{self.dir}/data"
        self._run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
        options = (f"-k {self.dir} -p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off "
                   "-c synchronous_commit=off -c full_page_writes=off -c autovacuum=off")
        self._run("pg_ctl", "-D", data, "-w", "-l", f"{self.dir}/log", "-o", options, "start")
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "-D", f"{self.dir}/data", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.dir, ignore_errors=True)

    def _run(self, program, *args):
        command = [f"{self.bin}/{program}", *args]
        kwargs = {"user": self.user, "cwd": "/"} if self.user else {"cwd": "/"}
        done = subprocess.run(command, capture_output=True, text=True, **kwargs)
        if done.returncode:
            raise SystemExit(f"{program} failed:\n{done.stdout}{done.stderr}")

    def sql(self, statement, database="postgres"):
        command = [f"{self.bin}/psql", "-XqAt", "-h", self.dir, "-p", str(self.port), "-U", "postgres",
                   "-d", database, "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def create(self, database):
        """A new empty database."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {database}")

    def socket_url(self, database):
        return f"postgresql:///{database}?host={self.dir}&port={self.port}&user=postgres"

    def tcp_url(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
