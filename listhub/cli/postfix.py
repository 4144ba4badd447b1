"""`listhub postfix`: what Postfix must be told to hand mail for the lists to us.

Printed and not written: Postfix's files belong to the host's operator.  Postfix asks
the database which addresses exist, so a list works as soon as it is made, and mail
to none is refused while its sender is still connected.
"""

import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from listhub.cli.context import Context, json_option, pass_context
from listhub.config import Intake

_DIRECTORY = "/etc/postfix"

_MAIN = """\
# To /etc/postfix/main.cf; where a parameter is there already, add ours to its value.
relay_domains = proxy:pgsql:{directory}/listhub-domains.cf
relay_recipient_maps = proxy:pgsql:{directory}/listhub-recipients.cf
transport_maps = proxy:pgsql:{directory}/listhub-transport.cf
listhub_destination_recipient_limit = {recipients}
"""

_MASTER_LMTP = """\
# To /etc/postfix/master.cf.
listhub   unix  -       -       n       -       20      lmtp
"""

# One recipient each: the exit code is for one.  MAILER-DAEMON, as Postfix writes the
# null sender, is understood.  `--` stands before what a stranger may have chosen.
_MASTER_PIPE = """\
# To /etc/postfix/master.cf; the user must be able to write to the intake's socket.
listhub   unix  -       n       n       -       20      pipe
  flags=q user=listhub argv={program} --socket {socket}
  --sender ${{sender}} --size ${{size}} -- ${{recipient}}
"""

_MAP = """\
# {directory}/{name}: it holds a password, so chown root:postfix and chmod 0640.
hosts = {hosts}
user = {role}
password = {password}
dbname = {database}
query = {query}
"""


@click.group(short_help="Connect Postfix to the lists.")
def postfix() -> None:
    """Connect Postfix to the lists."""


@postfix.command()
@click.option(
    "--lmtp",
    "way",
    flag_value="lmtp",
    default="lmtp",
    help="Hand mail over by LMTP (the default, and the faster one).",
)
@click.option(
    "--pipe",
    "way",
    flag_value="pipe",
    help="Start listhub-enqueue for each mail; works without the intake daemon too.",
)
@click.option(
    "--role",
    default="listhub_postfix",
    show_default=True,
    help="The database role that Postfix is to use.",
)
@json_option
@pass_context
def config(context: Context, *, way: str, role: str) -> None:
    """Print what Postfix and the database must be told.

    The role may ask which domains and addresses exist and nothing else.  Its password
    is new each time, so run this once for a site, or change it afterwards.
    """
    settings = context.settings
    password = secrets.token_urlsafe(24)
    parts = {
        "role.sql": role_sql(role, password=password),
        "main.cf": _MAIN.format(
            directory=_DIRECTORY, recipients=1 if way == "pipe" else 100
        ),
        "master.cf": master(settings.intake, way=way),
    }
    server = {
        **connection(settings.database.url),
        "role": role,
        "password": password,
    }
    for name, query in queries(settings.intake, way=way).items():
        parts[name] = _MAP.format(
            directory=_DIRECTORY, name=name, query=query, **server
        )
    if context.as_json:
        context.document(parts)
    else:
        context.text("\n".join(f"### {name}\n{text}" for name, text in parts.items()))


def role_sql(role: str, *, password: str) -> str:
    """Return the statements that make a role which may look addresses up, no more."""
    name = sql.Identifier(role)
    statements = (
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {};").format(
            name, sql.Literal(password)
        ),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {};").format(name),
        sql.SQL(
            "GRANT EXECUTE ON FUNCTION postfix_domain(text), postfix_recipient(text)"
            " TO {};"
        ).format(name),
        sql.SQL("ALTER ROLE {} SET statement_timeout = '10s';").format(name),
    )
    header = "-- To psql, connected to the database of the lists as its owner.\n"
    return header + "".join(each.as_string() + "\n" for each in statements)


def master(intake: Intake, *, way: str) -> str:
    """Return the lines of master.cf for one way of handing over."""
    if way == "lmtp":
        return _MASTER_LMTP
    return _MASTER_PIPE.format(program=enqueue_program(), socket=intake.socket)


def queries(intake: Intake, *, way: str) -> Mapping[str, str]:
    """Return the question that each map file asks, by the file's name."""
    # Postfix escapes what it puts in the place of %s.
    destination = f"inet:[{intake.host}]:{intake.port}" if way == "lmtp" else ""
    return {
        "listhub-domains.cf": "SELECT * FROM postfix_domain('%s')",
        "listhub-recipients.cf": "SELECT * FROM postfix_recipient('%s')",
        "listhub-transport.cf": f"SELECT 'listhub:{destination}'"  # noqa: S608  ours
        " FROM postfix_domain('%s')",
    }


def connection(url: str) -> dict[str, str]:
    """Return hosts and database of a libpq URL as Postfix writes them."""
    given = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    names = [name for name in given.get("host", "").split(",") if name]
    ports = given.get("port", "5432").split(",")
    hosts = []
    for number, name in enumerate(names or ["/var/run/postgresql"]):
        port = ports[min(number, len(ports) - 1)]
        # For a socket libpq wants the directory; Postfix adds the port itself.
        hosts.append(f"unix:{name}" if name.startswith("/") else f"{name}:{port}")
    database = given.get("dbname") or given.get("user") or "listhub"
    return {"hosts": " ".join(hosts), "database": database}


def enqueue_program() -> Path:
    """Return where listhub-enqueue is: beside our Python, or in the checkout."""
    beside = Path(sys.prefix) / "bin" / "listhub-enqueue"
    checkout = Path(__file__).resolve().parents[2] / "scripts/bin/listhub-enqueue"
    return checkout if checkout.exists() and not beside.exists() else beside
