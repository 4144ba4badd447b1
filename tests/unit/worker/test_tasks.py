from listhub.config import Broker, Database, Settings
from listhub.worker.app import make_app
from listhub.worker.tasks import Worker


def test_a_wake_of_another_release_is_ignored():
    """A wake for a stage that is not known opens no database and raises nothing."""
    settings = Settings(
        broker=Broker(url="memory://"), database=Database(url="postgresql://nowhere/x")
    )

    Worker(settings, make_app(settings)).drain("a stage of tomorrow")
