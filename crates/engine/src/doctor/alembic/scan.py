"""Reads an Alembic project's files and prints what stands in them as JSON. Imports and runs nothing of it.

Called with the folder of alembic.ini, and [tool.alembic] of pyproject.toml as JSON. What is wrong with what was found is not decided here.
"""
import ast
import configparser
import json
import os
import re
import sys

ROOT, TOML = sys.argv[1], json.loads(sys.argv[2])
SQL = re.compile(r"^\s*(--|/\*|create|alter|drop|insert|update|delete|select|with|comment|grant|revoke|commit|begin|rollback|"
                 r"do|set|refresh|reindex|truncate|lock|copy|call|vacuum|analyze)\b", re.I)
CALLERS = {"subprocess", "requests", "urllib", "urllib3", "httpx", "http", "socket", "boto3", "smtplib", "aiohttp"}
READS = {"execute", "scalars", "scalar", "query", "exec_driver_sql"}


def settings():
    """The histories of alembic.ini, which may have several (alembic -n NAME), or of pyproject.toml: each with the folders of its versions."""
    parser = configparser.RawConfigParser()
    parser.read(os.path.join(ROOT, "alembic.ini"), encoding="utf-8")
    named = [it for it in parser.sections() if parser.has_option(it, "script_location")]
    return [(name, *history(parser, name)) for name in named or ["alembic"]]


def history(parser, name):
    toml = lambda key: "\n".join(TOML[key]) if isinstance(TOML.get(key), list) else str(TOML.get(key, ""))
    get = lambda key: parser.get(name, key, fallback=toml(key))
    here = lambda text: text.replace("%(here)s", os.path.abspath(ROOT)).replace("%%", "%")
    # Flask-Migrate says nothing there: its alembic.ini stands beside env.py
    usual = "" if os.path.isfile(os.path.join(ROOT, "env.py")) else "alembic"
    script = folder(here(get("script_location")) or usual)
    places = here(get("version_locations")).replace("%(script_location)s", script)
    separators = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
    separator = separators.get(get("path_separator") or get("version_path_separator"))
    if isinstance(TOML.get("version_locations"), list) and not parser.has_option(name, "version_locations"):
        separator = "\n"
    listed = places.split(separator) if separator else re.split(r"[\s,]+", places)
    listed = [folder(it.strip()) for it in listed if it.strip()]
    is_deep = get("recursive_version_locations").lower() == "true"
    return script, listed or [os.path.join(script, "versions")], is_deep


def folder(text):
    """A path, or the path inside a package: `package.inner:path`. The package is looked for around alembic.ini."""
    package, _, inner = text.rpartition(":")
    if not package or os.path.isabs(text):
        return os.path.join(ROOT, text)
    inside = os.path.join(*package.split("."), inner)
    around = [ROOT, os.path.join(ROOT, "src"), os.path.dirname(os.path.abspath(ROOT))]
    return next((os.path.join(it, inside) for it in around if os.path.isdir(os.path.join(it, inside))), os.path.join(ROOT, inside))


def files(places, is_deep):
    for place in places:
        if not os.path.isdir(place):
            yield place, None
            continue
        for folder, inner, names in os.walk(place):
            inner[:] = sorted(it for it in inner if is_deep and it != "__pycache__")
            for name in sorted(names):
                if name.endswith(".py") and name != "__init__.py":
                    yield os.path.join(folder, name), name


def dotted(node):
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else node.attr
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def constant(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def first(call, *keywords):
    for keyword in call.keywords:
        if keyword.arg in keywords:
            return constant(keyword.value)
    return constant(call.args[0]) if call.args else None


def is_on(call, name):
    return any(it.arg == name and isinstance(it.value, ast.Constant) and it.value.value is True for it in call.keywords)


def texts(node):
    """The SQL of a string, also of one with values put into it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(constant(it) or "{}" for it in node.values)
    return constant(node)


def value(tree, name):
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(it, ast.Name) and it.id == name for it in targets) and node.value is not None:
            try:
                return ast.literal_eval(node.value), node.lineno
            except ValueError:
                return None, node.lineno
    return None, 0


def listed(found):
    return [] if found is None else [found] if isinstance(found, str) else [it for it in found if isinstance(it, str)]


def is_said(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def state(function):
    """How a function does nothing, or that it does something."""
    if function is None:
        return "missing"
    body = [it for it in function.body if not is_said(it)]
    if all(isinstance(it, ast.Pass) for it in body):
        return "pass"
    if isinstance(body[0], ast.Return):
        return "return"
    if isinstance(body[0], ast.Raise):
        return "raise"
    is_never = lambda it: isinstance(it, ast.If) and isinstance(it.test, ast.Constant) and not it.test.value and not it.orelse
    if all(isinstance(it, ast.Pass) or is_never(it) for it in body):
        return "if False"
    return "does"


class Look(ast.NodeVisitor):
    def __init__(self, section, source, is_known):
        self.section, self.source, self.is_known = section, source, is_known
        self.is_outside = False
        self.batch = None
        self.read = set()
        self.facts = []

    def add(self, kind, node, name=None, table=None):
        text = ast.get_source_segment(self.source, node) or ""
        self.facts.append({"kind": kind, "section": self.section, "line": node.lineno, "text": text[:400], "name": name or "",
                           "table": table or ""})

    def visit_With(self, node):
        before = self.is_outside, self.batch
        for item in node.items:
            name = dotted(item.context_expr)
            if name.endswith("autocommit_block"):
                self.is_outside = True
            if name.endswith("batch_alter_table"):
                self.batch = self.table(item.context_expr)
            self.visit(item)
        for child in node.body:
            self.visit(child)
        self.is_outside, self.batch = before

    def visit_If(self, node):
        if isinstance(node.test, ast.Constant) and not node.test.value:
            for child in node.orelse:
                self.visit(child)
            return
        self.decides(node.test, node)
        self.generic_visit(node)

    def visit_For(self, node):
        self.decides(node.iter, node)
        self.generic_visit(node)

    visit_While = visit_If

    def visit_Assign(self, node):
        kind = self.asks(node.value)
        if kind:
            self.read.update((it.id, kind) for target in node.targets for it in ast.walk(target) if isinstance(it, ast.Name))
        self.generic_visit(node)

    def asks(self, node):
        """Whether an expression comes from rows, or from the schema that is there."""
        for it in ast.walk(node):
            if isinstance(it, ast.Call) and isinstance(it.func, ast.Attribute):
                if it.func.attr in READS and dotted(it) != "op.execute":
                    return "rows-decide"
                if re.match(r"(get_(table|column|index|unique|foreign|check|pk|view|enum|schema)\w*|has_\w+)$", it.func.attr):
                    return "schema-decides"
            if isinstance(it, ast.Name):
                for name, kind in self.read:
                    if name == it.id:
                        return kind
        return None

    def decides(self, test, node):
        kind = self.asks(test)
        if kind:
            self.add(kind, test)

    def visit_Import(self, node):
        for it in node.names:
            self.imported(node, it.name)

    def visit_ImportFrom(self, node):
        self.imported(node, "." * node.level + (node.module or ""))

    def imported(self, node, name):
        if name.startswith(".") or self.is_known(name.split(".")[0]):
            self.add("imports", node, name)

    def table(self, call):
        name, schema = first(call, "table_name", "source", "name"), next(
            (constant(it.value) for it in call.keywords if it.arg == "schema"), None)
        return f"{schema}.{name}" if schema and name else name

    def columns(self, call):
        for it in call.args:
            if isinstance(it, ast.Call) and dotted(it).split(".")[-1] == "Column":
                yield first(it, "name")

    def operation(self, node, verb):
        if self.batch:
            table = self.batch
        else:
            table = self.table(node)
        if verb in ("create_table", "drop_table"):
            self.add(verb, node, table)
            if verb == "create_table":
                for column in self.columns(node):
                    self.add("create_column", node, column, table)
        elif verb == "rename_table":
            self.add("drop_table", node, table)
            self.add("rename_table", node, constant(node.args[1]) if len(node.args) > 1 else None, table)
        elif verb == "add_column":
            for column in self.columns(node):
                self.add("add_column", node, column, table)
        elif verb == "drop_column":
            names = node.args[:1] if self.batch else node.args[1:2]
            self.add("drop_column", node, constant(names[0]) if names else None, table)
        elif verb == "alter_column":
            names = node.args[:1] if self.batch else node.args[1:2]
            new = next((constant(it.value) for it in node.keywords if it.arg == "new_column_name"), None)
            if new and names:
                self.add("drop_column", node, constant(names[0]), table)
                self.add("add_column", node, new, table)
        if verb in ("create_index", "drop_index") and is_on(node, "postgresql_concurrently") and not self.is_outside:
            self.add("concurrently", node)

    def visit_Call(self, node):
        name = dotted(node)
        parts = name.split(".")
        verb = parts[-1]
        if isinstance(node.func, ast.Attribute) and (parts[0] in ("op", "batch_op") or self.batch and len(parts) == 2):
            self.operation(node, verb)
        if verb in ("commit", "rollback") and isinstance(node.func, ast.Attribute) and not node.args and not self.is_joined(node):
            self.add("commit", node, verb)
        if name in ("open", "io.open") or verb in ("read_text", "read_bytes", "read_binary") and len(parts) > 1 or verb == "open_text":
            self.add("reads-file", node)
        if parts[0] in CALLERS and len(parts) > 1 or name in ("os.system", "os.popen"):
            self.add("calls-out", node)
        self.generic_visit(node)

    def is_joined(self, call):
        """Whether it ends a session of the ORM on the migration's own connection: the transaction around it goes on.
        https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#joining-a-session-into-an-external-transaction"""
        of = call.func.value
        return isinstance(of, ast.Name) and "session" in of.id.lower() and re.search(r"\b(Session|sessionmaker)\(", self.source)

    def visit_Constant(self, node):
        self.sql(node)

    def visit_JoinedStr(self, node):
        self.sql(node)

    def sql(self, node):
        text = texts(node)
        if not text or not SQL.match(text):
            return
        # what is commented out, and what is data, says nothing
        plain = re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", " ", text, flags=re.S)
        # the bodies of functions have a language of their own
        plain = re.sub(r"\$(\w*)\$.*?\$\1\$", " ", plain, flags=re.S)
        if re.search(r"\bconcurrently\b", plain, re.I) and not re.match(r"\s*refresh", plain, re.I) and not self.is_outside:
            self.add("concurrently", node)
        if re.search(r"(^|;)\s*(commit|rollback|begin|start\s+transaction|end)\b", plain, re.I):
            self.add("commit", node, re.search(r"\b(commit|rollback|begin|start|end)\b", plain, re.I).group(1).upper())
        if re.search(r"\bif\s+not\s+exists\b", plain, re.I):
            self.add("if-not-exists", node)
        if re.search(r"\bcopy\b.*\bfrom\s+(program\b|$)", plain, re.I | re.S) and not re.search(r"\bfrom\s+stdin\b", plain, re.I):
            self.add("reads-file", node)


def known(script):
    """Whether a module is one of the project's own."""
    places = {os.path.abspath(ROOT), os.path.abspath(os.path.join(ROOT, "src")), os.path.dirname(os.path.abspath(ROOT)),
              os.path.dirname(os.path.abspath(script))}
    others = {"alembic", "sqlalchemy"} | set(getattr(sys, "stdlib_module_names", ()))

    def is_known(name):
        there = lambda place: os.path.isdir(os.path.join(place, name)) or os.path.isfile(os.path.join(place, name + ".py"))
        return name not in others and any(there(place) for place in places)

    return is_known


def reach(tree, function):
    """The functions of the file that one calls, itself first."""
    every = {it.name: it for it in tree.body if isinstance(it, (ast.FunctionDef, ast.AsyncFunctionDef))}
    found, waiting = [], [function]
    while waiting:
        name = waiting.pop(0)
        if name in every and name not in found:
            found.append(name)
            waiting += [it.id for it in ast.walk(every[name]) if isinstance(it, ast.Name)]
    return [every[name] for name in found]


def comments(source, function):
    if function is None:
        return []
    lines = source.splitlines()[function.lineno:function.end_lineno]
    return [it.strip() for it in lines if it.strip().startswith("#")][:12]


def revision(path, name, is_known):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    tree = ast.parse(source, path)
    id, line = value(tree, "revision")
    if not isinstance(id, str):
        return None
    facts = []
    own = {it.name: it for it in tree.body if isinstance(it, (ast.FunctionDef, ast.AsyncFunctionDef))}
    for section in ("upgrade", "downgrade"):
        for function in reach(tree, section):
            look = Look(section, source, is_known)
            body = function.body
            # what stands behind a return is never run
            end = next((place for place, it in enumerate(body) if isinstance(it, (ast.Return, ast.Raise))), len(body))
            for place, node in enumerate(body[:end + 1]):
                if not is_said(node):
                    look.visit(node)
            facts += look.facts
    look = Look("module", source, is_known)
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            look.visit(node)
    facts += look.facts
    down, down_line = value(tree, "down_revision")
    has = lambda name: own.get(name)
    return {
        "path": os.path.relpath(path, ROOT), "name": name, "id": id, "line": line, "parents": listed(down),
        "parents_line": down_line, "depends": listed(value(tree, "depends_on")[0]),
        "labels": listed(value(tree, "branch_labels")[0]),
        "message": (ast.get_docstring(tree) or "").split("\n")[0],
        "sections": {it: {"state": state(has(it)), "line": has(it).lineno if has(it) else line,
                          "comments": comments(source, has(it))} for it in ("upgrade", "downgrade")},
        "facts": facts,
    }


def project(name, script, places, is_deep):
    is_known = known(script)
    found = {"name": name, "revisions": [], "problems": [], "is_autocommit": False}
    try:
        with open(os.path.join(script, "env.py"), encoding="utf-8") as file:
            env = file.read()
        found["is_autocommit"] = bool(re.search(r"AUTOCOMMIT|transactional_ddl\s*=\s*False", env))
    except OSError as error:
        found["problems"].append({"path": os.path.relpath(os.path.join(script, "env.py"), ROOT), "line": 1, "text": str(error.strerror)})
    for path, file_name in files(places, is_deep):
        shown = os.path.relpath(path, ROOT)
        if file_name is None:
            found["problems"].append({"path": shown, "line": 1, "text": "there is no such folder of versions"})
            continue
        try:
            one = revision(path, file_name, is_known)
        except SyntaxError as error:
            found["problems"].append({"path": shown, "line": error.lineno or 1, "text": f"is no Python: {error.msg}"})
        except (OSError, UnicodeDecodeError, ValueError) as error:
            found["problems"].append({"path": shown, "line": 1, "text": f"cannot be read: {error}"})
        else:
            if one:
                found["revisions"].append(one)
    return found


json.dump([project(*it) for it in settings()], sys.stdout)
