"""Leads every connection of a project to a scratch server, whatever the project says, and keeps an eye on what it does besides.

`target` says where to: host, port, user, password, database, and whether anything outside of it may be reached.
"""

import ast
import importlib.util
import inspect
import json
import os
import re
import sys
import traceback
import weakref

target = {}
led = []
engines = weakref.WeakSet()


# every connection goes to the scratch server

ELSEWHERE = (
    "host hostaddr port user password dbname database service sslmode sslrootcert sslcert sslkey sslcrl sslpassword passfile "
    "channel_binding require_auth ssl direct_tls gssencmode krbsrvname target_session_attrs load_balance_hosts dsn "
    "ssl_context unix_sock requirepeer sslnegotiation options_file"
).split()


def lead(params, database):
    there = params.get("host"), params.get("port"), params.get(database) or params.get("dbname"), params.get("user")
    if str(there[1]) != str(target["port"]):
        if there not in led:
            led.append(there)
    for name in ELSEWHERE:
        params.pop(name, None)
    params.update(host=target["host"], port=target["port"], user=target["user"], password=target["password"])
    params[database] = target["database"]
    return params


def lead_engines():
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    # not Engine.__init__: SQLAlchemy reads the names of its arguments
    @event.listens_for(Engine, "engine_connect")
    def connected(connection, *_):
        engines.add(connection.engine)

    @event.listens_for(Engine, "do_connect")
    def connect(dialect, record, cargs, cparams):
        if dialect.name != "postgresql":
            raise RuntimeError(f"the project connects to {dialect.name}, which Cutover does not know")
        if cargs:
            if isinstance(cargs[0], str) and dialect.driver == "psycopg2":
                from psycopg2.extensions import parse_dsn

                cparams.update({**parse_dsn(cargs[0]), **cparams})
            del cargs[:]
        lead(cparams, "dbname" if dialect.driver.startswith("psycopg") else "database")


def is_there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def lead_drivers():
    """Connections that SQLAlchemy knows nothing of."""
    if is_there("psycopg2"):
        import psycopg2
        from psycopg2.extensions import make_dsn, parse_dsn

        plain = psycopg2._connect

        def connect(dsn="", *args, **more):
            return plain(make_dsn(**lead(parse_dsn(dsn or ""), "dbname")), *args, **more)

        psycopg2._connect = connect
    if is_there("psycopg"):
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        def led_class(kind):
            plain = kind.connect.__func__

            def connect(cls, conninfo="", **more):
                known = set(conninfo_to_dict(conninfo)) if conninfo else set()
                params = {**(conninfo_to_dict(conninfo) if known else {}), **more}
                return plain(cls, "", **lead(params, "dbname"))

            kind.connect = classmethod(connect)

        led_class(psycopg.Connection)
        led_class(psycopg.AsyncConnection)
        psycopg.connect = psycopg.Connection.connect
    if is_there("asyncpg"):
        import asyncpg
        import asyncpg.connection

        plain_async = asyncpg.connection.connect

        def connect_async(dsn=None, **more):
            return plain_async(**lead(dict(more), "database"))

        asyncpg.connect = asyncpg.connection.connect = connect_async
    if is_there("pg8000"):
        from pg8000.core import CoreConnection

        plain_core = CoreConnection.__init__
        names = [name for name in inspect.signature(plain_core).parameters if name != "self"]

        def made(self, *args, **more):
            plain_core(self, **lead({**dict(zip(names, args)), **more}, "database"))

        CoreConnection.__init__ = made


def url_here(url):
    """A URL to the scratch server with the driver of another URL."""
    driver = re.match(r"(postgres(?:ql)?(?:\+\w+)?)://", url or "")
    scheme = driver.group(1) if driver else "postgresql"
    if target["host"].startswith("/"):
        return f"{scheme}://{target['user']}@/{target['database']}?host={target['host']}&port={target['port']}"
    return f"{scheme}://{target['user']}:{target['password']}@{target['host']}:{target['port']}/{target['database']}"


def lead_environment(variables):
    for name, value in list(os.environ.items()):
        if name.startswith("PG"):
            del os.environ[name]
        elif re.match(r"postgres(ql)?(\+\w+)?://", value):
            os.environ[name] = url_here(value)
    os.environ.update(
        PGHOST=target["host"],
        PGPORT=str(target["port"]),
        PGUSER=target["user"],
        PGPASSWORD=target["password"],
        PGDATABASE=target["database"],
    )
    # the usual name; others are told with --variable
    os.environ.setdefault("DATABASE_URL", url_here(""))
    fields = {**target, "url": url_here("")}
    for name, value in variables:
        os.environ[name] = re.sub(r"\{(\w+)\}", lambda m: str(fields.get(m.group(1), m.group(0))), value)


# what a revision does besides SQL, seen while it runs

inside = False
seen = []


def watch(event, args):
    if not inside:
        return
    if event == "open" and isinstance(args[0], str):
        path = os.path.abspath(args[0])
        is_ours = path.startswith((sys.prefix, sys.base_prefix, "/dev/", "/proc/", "/usr/share/zoneinfo"))
        if not is_ours and not path.endswith((".py", ".pyc")) and "site-packages" not in path:
            seen.append(("opens", path))
    elif event == "subprocess.Popen":
        outside("starts", " ".join(map(str, args[1])) if isinstance(args[1], (list, tuple)) else str(args[1]))
    elif event in ("os.system", "os.exec", "os.posix_spawn"):
        outside("starts", str(args[0]))
    elif event == "socket.connect":
        address = args[1]
        if isinstance(address, tuple) and address[1:2] != (int(target["port"]),):
            outside("connects", f"{address[0]}:{address[1]}")


def outside(what, where):
    """What would be done in the world, and not on the scratch server."""
    seen.append((what, where))
    if not target["outside"]:
        raise PermissionError(f"the revision {what} {where}, which is not let happen while it is taken over")
