"""The participants: how each is installed, given a thousand revisions, and run."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target")
PLACE = f"{ROOT}/target/bench"


def table(number):
    """The SQL of a revision: a table."""
    return (f"CREATE TABLE t{number:04} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def sh(*command, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout


class Tool:
    """A participant. `files` writes the revisions, `command` is what applies those that are pending."""
    name = ""

    def __init__(self, server, folder):
        self.server, self.folder = server, f"{folder}/{self.name}"
        self.env = dict(os.environ)

    def install(self):
        pass

    def run(self, database):
        done = subprocess.run(self.command(database), cwd=self.folder, env=self.environment(database),
                              capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{self.name} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def environment(self, database):
        return self.env | {"DATABASE_URL": self.server.tcp_url(database)}


class Psql(Tool):
    """The floor: one session, one transaction and one version row a revision, all known beforehand."""
    name = "psql"

    def files(self, count):
        lines = ["CREATE TABLE version (id text PRIMARY KEY, at timestamptz DEFAULT now());"]
        for n in range(1, count + 1):
            lines.append(f"BEGIN; {table(n)}; INSERT INTO version VALUES ('{n:04}'); COMMIT;")
        write(f"{self.folder}/all.sql", "\n".join(lines))

    def command(self, database):
        return [f"{self.server.bin}/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", self.server.socket_url(database),
                "-f", "all.sql"]


class Cutover(Tool):
    name = "cutover"

    def install(self):
        sh("cargo", "build", "--release", "--quiet", "-p", "cutover", cwd=ROOT)
        self.program = f"{TARGET}/release/cutover"

    def files(self, count):
        write(f"{self.folder}/cutover.toml", 'migrations = "migrations"\n')
        for n in range(1, count + 1):
            parent = f"{n - 1:04}" if n > 1 else "base"
            text = (f"--@ revision {n:04}\n--@ revises {parent}\n\n-- table {n}\n\n"
                    f"--@ upgrade\n{table(n)};\n\n--@ downgrade\nDROP TABLE t{n:04};\n")
            write(f"{self.folder}/migrations/{n:04}_table_{n}.sql", text)

    def command(self, database):
        return [self.program, "upgrade", "--quiet", "--url", self.server.socket_url(database)]


class Alembic(Tool):
    name = "alembic"

    def install(self):
        venv = f"{PLACE}/python"
        self.program = f"{venv}/bin/alembic"
        if not os.path.exists(self.program):
            sh(sys.executable, "-m", "venv", venv)
            sh(f"{venv}/bin/pip", "install", "--quiet", "alembic", "psycopg[binary]", "psycopg2-binary")

    def files(self, count):
        write(f"{self.folder}/alembic.ini", "[alembic]\nscript_location = scripts\n")
        write(f"{self.folder}/scripts/env.py", (
            "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine, pool\n"
            "engine = create_engine(os.environ['DATABASE_URL'], poolclass=pool.NullPool)\n"
            "with engine.connect() as connection:\n"
            "    context.configure(connection=connection, transaction_per_migration=True)\n"
            "    with context.begin_transaction():\n        context.run_migrations()\n"))
        for n in range(1, count + 1):
            parent = f"'{n - 1:04}'" if n > 1 else "None"
            write(f"{self.folder}/scripts/versions/{n:04}_table.py", (
                f"from alembic import op\nrevision = '{n:04}'\ndown_revision = {parent}\n\n"
                f"def upgrade():\n    op.execute(\"\"\"{table(n)}\"\"\")\n\n"
                f"def downgrade():\n    op.execute('DROP TABLE t{n:04}')\n"))

    def command(self, database):
        return [self.program, "upgrade", "head"]


class Dbmate(Tool):
    name = "dbmate"

    def install(self):
        self.program = f"{PLACE}/node/node_modules/.bin/dbmate"
        if not os.path.exists(self.program):
            os.makedirs(f"{PLACE}/node", exist_ok=True)
            sh("npm", "install", "--silent", "--prefix", f"{PLACE}/node", "dbmate")
        # the program itself, not the script that starts it
        for folder, _, files in os.walk(f"{PLACE}/node/node_modules/@dbmate"):
            self.program = next((f"{folder}/{f}" for f in files if f == "dbmate"), self.program)

    def files(self, count):
        for n in range(1, count + 1):
            text = f"-- migrate:up\n{table(n)};\n\n-- migrate:down\nDROP TABLE t{n:04};\n"
            write(f"{self.folder}/db/migrations/2025{n:010}_table.sql", text)

    def command(self, database):
        return [self.program, "--no-dump-schema", "migrate"]

    def environment(self, database):
        return self.env | {"DATABASE_URL": self.server.tcp_url(database) + "?sslmode=disable"}


class Sqlx(Tool):
    name = "sqlx"
    slow = True

    def install(self):
        self.program = f"{PLACE}/cargo/bin/sqlx"
        if not os.path.exists(self.program):
            sh("cargo", "install", "--quiet", "--root", f"{PLACE}/cargo", "sqlx-cli", "--no-default-features",
               "--features", "postgres,rustls")

    def files(self, count):
        for n in range(1, count + 1):
            write(f"{self.folder}/migrations/{n:04}_table.sql", table(n) + ";\n")

    def command(self, database):
        return [self.program, "migrate", "run"]


def participants(server, folder, slow):
    """Those that could be installed, and why the others could not."""
    ready, missing = [], {}
    for kind in (Psql, Cutover, Alembic, Dbmate, Sqlx):
        if getattr(kind, "slow", False) and not slow:
            continue
        tool = kind(server, folder)
        try:
            tool.install()
            ready.append(tool)
        except (RuntimeError, FileNotFoundError) as error:
            missing[kind.name] = str(error)
    return ready, missing
