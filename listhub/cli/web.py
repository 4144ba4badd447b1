"""`listhub web`: the status page and what monitors ask."""

import click

from listhub.cli.context import Context, pass_context


@click.command(short_help="Serve the status page.")
@pass_context
def web(context: Context) -> None:
    """Serve the status page at the settings' web.host and web.port.

    /status.json has the same figures.  /healthz is for monitors: 200 when the database
    answers and nothing has waited longer than five minutes, else 503.  No page names
    an address or a subject, and none changes anything.
    """
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
    )
