"""The only package that knows Celery: queues, wakes, pump, supervisor."""
