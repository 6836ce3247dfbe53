# Runs alembic_run.py on a scratch database, with every connection led there; lead.py stands before it.
#
# Takes where the project is and what stands around it as JSON, and then the arguments of alembic_run.py.


def begin():
    global inside
    from urllib.parse import unquote

    said = json.loads(sys.argv[1])
    login, _, address = os.environ["DATABASE_URL"].partition("://")[2].rpartition("@")
    place, _, database = address.partition("/")
    host, _, port = place.rpartition(":")
    target.update(host=unquote(host), port=int(port), user=unquote(login.partition(":")[0]), password="",
                  database=unquote(database.partition("?")[0]), outside=said["outside"])
    lead_environment(said["variables"])
    os.environ["DATABASE_URL"] = url_here("")
    sys.path += [said["root"], os.path.dirname(said["root"])]
    lead_engines()
    lead_drivers()
    if said["before"]:
        exec(compile(said["before"], "--before", "exec"), {"__name__": "__before__"})
    sys.addaudithook(watch)
    import alembic_run

    plain = alembic_run.call

    def call(*args):
        global inside
        inside = True
        plain(*args)
        inside = False

    alembic_run.call = call
    alembic_run.main(sys.argv[2:])


begin()
