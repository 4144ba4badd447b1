"""`listhub web`: the pages, the API and what monitors ask."""

import click

from listhub.cli.context import Context, pass_context
from listhub.cli.sign_in import sign_in


@click.group(
    commands=[sign_in],
    invoke_without_command=True,
    short_help="Serve the pages and the API.",
    subcommand_metavar="[COMMAND] [ARGS]...",
)
@click.pass_context
@pass_context
def web(context: Context, here: click.Context) -> None:
    """Serve the pages and the API at the settings' web.host and web.port.

    Any number of these may run on any hosts behind any balancer.  /status says whether
    mail flows, /status.json the same for programs; /healthz is for monitors: 200 when
    the database answers and nothing has waited longer than five minutes, else 503.
    """
    if here.invoked_subcommand is not None:
        return
    import uvicorn

    from listhub.web.app import make_app

    settings = context.settings
    uvicorn.run(
        make_app(settings),
        host=settings.web.host,
        port=settings.web.port,
        log_config=None,
        server_header=False,
        access_log=False,
        # Else it believes X-Forwarded-For of whoever is on this host, and what speaks
        # to us would seem to be a front server that it only names.
        proxy_headers=False,
        # Streams of news would go on for minutes; browsers begin them anew elsewhere.
        timeout_graceful_shutdown=5,
    )
