"""The only package that knows Celery: queues, wakes, pump, supervisor.

`celery -A listhub.worker worker -Q …` finds the application here; it is made when
asked for, so that importing this package reads no settings.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name in {"app", "celery"}:
        from listhub.worker.tasks import make_worker_app  # noqa: PLC0415 - see above

        return make_worker_app()
    raise AttributeError(name)
