# Runs a project's own Alembic for Cutover, one revision at a time and in one direction; lead.py stands before it.
#
# Takes one JSON object a line on standard input, answers with one a line on what was standard output; whatever the project
# prints goes to standard error. Every connection of the project is led to the scratch server, whatever its env.py says: no
# other database is reached.

answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
orders = os.fdopen(os.dup(0), "r", encoding="utf-8")
os.dup2(2, 1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
sys.stdin = open(os.devnull)


def answer(**what):
    answers.write(json.dumps(what) + "\n")
    answers.flush()


def order():
    line = orders.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def refuse(error):
    answer(
        at="failed",
        kind=type(error).__name__,
        message=str(error).strip() or type(error).__name__,
        traceback=traceback.format_exc(),
        line=line_of(error),
        seen=seen,
    )


def line_of(error):
    """The last line of a revision's file on the way to an error."""
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in revision_files:
            found = {"path": frame.filename, "line": frame.lineno}
    return found


revision_files = set()


# what a revision's text says

CALLS_OUT = {"subprocess", "requests", "urllib", "urllib3", "httpx", "aiohttp", "boto3", "smtplib", "socket", "paramiko"}
READS = {"open", "read_text", "read_bytes", "read_csv", "read_sql", "read_json"}
FETCHES = {"fetchall", "fetchone", "fetchmany", "first", "scalars", "scalar_one", "scalar_one_or_none", "mappings", "query"}


def project_file(name, root):
    try:
        origin = getattr(importlib.util.find_spec(name), "origin", None) or ""
    except Exception:
        return None
    return origin if origin.startswith(root + os.sep) and "site-packages" not in origin else None


def scan(path, root):
    try:
        with open(path, "rb") as file:
            text = file.read()
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return []
    lines = text.decode("utf-8", "replace").splitlines()
    found = []

    def say(kind, node):
        line = getattr(node, "lineno", 1)
        found.append({"kind": kind, "line": line, "text": lines[line - 1].strip() if line <= len(lines) else ""})

    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for name in names:
                if name.split(".")[0] in CALLS_OUT:
                    say("calls-out", node)
                elif name and name.split(".")[0] not in ("alembic", "sqlalchemy") and project_file(name.split(".")[0], root):
                    say("imports-application", node)
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in READS:
                say("reads-file", node)
            elif name in FETCHES:
                say("reads-rows", node)
            elif name == "commit":
                say("commits", node)
            elif name in ("getenv",):
                say("reads-environment", node)
        elif isinstance(node, ast.Attribute) and node.attr == "environ":
            say("reads-environment", node)
    return found


def does_nothing(tree, name):
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return all(
                isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)) for s in node.body
            )
    return True


# Alembic

config = script = None
contexts = []


def start(said):
    global config, script, engine
    engine = said["engine"]
    os.chdir(said["root"])
    # behind everything else: the project's own modules are no one else's
    sys.path[:] = [it for it in sys.path if it] + [said["root"]]
    target.update(said["target"])
    lead_environment(said["variables"])
    from alembic.config import CommandLine, Config
    from alembic.script import ScriptDirectory

    import alembic
    import sqlalchemy

    words = [word for value in said["x"] for word in ("-x", value)]
    if said["ini"]:
        words += ["-c", said["ini"]]
    words += ["-n", said["section"]]
    options = CommandLine().parser.parse_args(words + ["upgrade", "head"])
    more = {}
    if said["toml"] and "toml_file" in inspect.signature(Config.__init__).parameters:
        more["toml_file"] = said["toml"]
    config = Config(file_=said["ini"] or None, ini_section=said["section"], cmd_opts=options, **more)
    try:
        url = config.get_main_option("sqlalchemy.url") or ""
    except Exception:
        url = ""
    # an env.py without alembic.ini may look here, too
    config.set_main_option("sqlalchemy.url", url_here(url).replace("%", "%%"))
    # since 1.16 it may stand in pyproject.toml
    location = getattr(config, "get_alembic_option", config.get_main_option)("script_location")
    if not location and said["ini"]:
        # Flask-Migrate keeps alembic.ini beside env.py, and says the folder itself
        config.set_main_option("script_location", os.path.dirname(said["ini"]).replace("%", "%%"))
    enter(location)
    script = ScriptDirectory.from_config(config)
    lead_engines()
    lead_drivers()
    watch_contexts()
    watch_runs()
    if said["before"]:
        # the application stands beside the folder of its migrations
        sys.path += [os.getcwd(), os.path.dirname(os.getcwd())]
        exec(compile(said["before"], "--before", "exec"), {"__name__": "__before__"})
    sys.addaudithook(watch)
    answer(
        at="started",
        alembic=alembic.__version__,
        sqlalchemy=sqlalchemy.__version__,
        python=sys.version.split()[0],
        database=(re.search(r"/([\w-]+)(\?|$)", url) or [None, None])[1] if "://" in url else None,
        revisions=revisions(said["root"]),
    )


def enter(location):
    """Alembic reads paths from where it is called, which may be above alembic.ini: `alembic -c backend/alembic.ini`."""
    root = os.getcwd()
    if not location or os.path.isabs(location) or ":" in location or os.path.isdir(location):
        return
    for _ in range(3):
        root = os.path.dirname(root)
        if os.path.isfile(os.path.join(root, location, "env.py")):
            os.chdir(root)
            return


def watch_contexts():
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import String

    plain = MigrationContext.__init__

    def made(self, dialect, connection, opts, *args, **more):
        plain(self, dialect, connection, opts, *args, **more)
        contexts.append({"table": self._version.name, "schema": self._version.schema})
        # Alembic's own column takes 32 characters; a team with longer ids has widened theirs by hand
        self._version.c.version_num.type = String(255)

    MigrationContext.__init__ = made


# several databases in one env.py, as of `alembic init -t multidb`: it calls run_migrations(engine_name=...) for each

engine = None
called = []
is_single = False


class Several(Exception):
    pass


def watch_runs():
    from alembic.runtime.environment import EnvironmentContext

    plain = EnvironmentContext.run_migrations

    def run(self, **more):
        texts = {name: value for name, value in more.items() if isinstance(value, str)}
        if texts:
            called.append(texts)
        # one of several would wait for the locks of the other: none is run before it is known that there is only one
        if not texts or is_single or engine in texts.values():
            plain(self, **more)

    EnvironmentContext.run_migrations = run


def run_env(said, runs):
    """Runs env.py, and a second time where it turns out that there is only one database."""
    global is_single
    from alembic.runtime.environment import EnvironmentContext

    del called[:]
    with EnvironmentContext(config, script, fn=runs, as_sql=False, starting_rev=None, destination_rev=said["id"], tag=None):
        script.run_env()
    if not called or is_single or any(engine in it.values() for it in called):
        return
    if engine is not None or any(it != called[0] for it in called):
        raise Several
    is_single = True
    run_env(said, runs)


def databases():
    """What the calls differ in."""
    names = [name for name in called[0] if any(it.get(name) != called[0][name] for it in called)] or list(called[0])
    return list(dict.fromkeys(it[names[0]] for it in called if names[0] in it))


def ids(value):
    return [value] if isinstance(value, str) else list(value or ())


def revisions(root):
    found = []
    for revision in script.walk_revisions("base", "heads"):
        path = os.path.abspath(revision.path)
        revision_files.add(path)
        revision_files.add(revision.path)
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                tree = ast.parse(file.read())
        except (OSError, SyntaxError):
            tree = ast.parse("")
        found.append(
            dict(
                id=revision.revision,
                revises=ids(revision.down_revision),
                depends=[script.get_revision(it).revision for it in ids(revision.dependencies)],
                labels=sorted(revision.module.__dict__.get("branch_labels") and ids(revision.module.branch_labels) or []),
                doc=inspect.cleandoc(revision.module.__doc__ or ""),
                path=path,
                empty_up=does_nothing(tree, "upgrade"),
                empty_down=does_nothing(tree, "downgrade"),
                scan=scan(path, root),
            )
        )
    return found[::-1]


def step(said):
    """One revision, up or down, as env.py has it."""
    from alembic.runtime.migration import MigrationStep

    del contexts[:], seen[:], led[:]
    make = MigrationStep.upgrade_from_script if said["do"] == "upgrade" else MigrationStep.downgrade_from_script
    one = make(script.revision_map, script.get_revision(said["id"]))
    plain = one.migration_fn

    def watched(*args, **more):
        global inside
        answer(at="begin")
        order()
        inside = True
        try:
            return plain(*args, **more)
        finally:
            inside = False
            answer(at="end")
            order()

    one.migration_fn = watched
    run_env(said, lambda revision, context: [one])
    leave()
    answer(at="done", contexts=contexts, seen=seen, led=[[str(part or "") for part in it] for it in led])


def leave():
    """Closes the connections that the project's engines keep open."""
    for engine in list(engines):
        try:
            engine.dispose()
        except Exception:
            pass


def main():
    while True:
        said = order()
        try:
            start(said) if said["do"] == "start" else step(said)
        except Several:
            answer(at="several", names=databases())
        except BaseException as error:
            try:
                if config is not None:
                    leave()
            finally:
                refuse(error)


main()
