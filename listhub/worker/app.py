"""The Celery application: one queue per pool, one task per stage, no payload.

A broker message says "wake up, stage X" and nothing else.  Losing it costs latency
until the pump looks, doubling it costs one look into an empty room.

`celery -A listhub.worker worker -Q distribution,bulk` works as well as
`listhub worker`: the pump is started beside it either way.
"""

import importlib

from celery import Celery
from kombu.entity import Queue

from listhub.config import Settings
from listhub.stages.pools import POOLS

#: Task names carry a version: an old worker ignores what it does not know.
TASK = "listhub.drain.v1"


#: What Celery imports by name, and late.
_PARTS = (
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.worker.components",
    "celery.worker.consumer",
)


def make_app(settings: Settings) -> Celery:
    """Return the application for these settings; nothing is connected yet."""
    app = Celery("listhub", broker=settings.broker.url)
    quorum = settings.broker.url.startswith("amqp")
    app.conf.update(
        task_queues=[_queue(pool, quorum=quorum) for pool in POOLS],
        task_default_queue=POOLS[0],
        task_create_missing_queues=False,
        # The row is the truth; a result or a late ack would be a second one.
        task_ignore_result=True,
        task_acks_late=False,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_detect_quorum_queues=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # A broker that is away is waited for without end; the pump works meanwhile.
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=4,
        broker_transport_options={
            "socket_connect_timeout": 4,
            "socket_keepalive": True,
            "visibility_timeout": 3600,
            "max_retries": 1,
            "confirm_publish": quorum,
        }
        if not quorum
        else {"confirm_publish": True},
    )
    return app


def preload(app: Celery) -> None:
    """Import all that a worker imports when it starts, to be shared by what is forked."""
    for name in _PARTS:
        importlib.import_module(name)
    app.connection_for_read().get_transport_cls()


def _queue(pool: str, *, quorum: bool) -> Queue:
    if not quorum:
        return Queue(pool, routing_key=pool)
    # A quorum queue survives a node; a few wakes are as good as a thousand.
    return Queue(
        pool,
        routing_key=pool,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-max-length": 64,
            "x-overflow": "drop-head",
        },
    )
