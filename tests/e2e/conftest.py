"""Fixtures: brokers over temp directories, real S3 servers, real clients.

Started by `./dev e2e`, which installs the servers and clients and says where they are:
TAKHIN_BIN, TAKHIN_TEST_S3 (tests/servers/with_s3.sh), TAKHIN_KAFKA_JARS."""
import os
import pathlib
import sys
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools/pylib"))

from s3_servers import servers  # noqa: E402
from takhin_process import Takhin  # noqa: E402


@pytest.fixture
def brokers(tmp_path):
    """Makes brokers and stops the ones left running."""
    made = []

    def make(name="data", settings=None, env=None):
        broker = Takhin(tmp_path / name, settings, env)
        made.append(broker)
        return broker

    yield make
    for broker in made:
        if broker.process and broker.process.poll() is None:
            broker.kill()


@pytest.fixture
def broker(brokers):
    return brokers().start()


def store_settings(name):
    """Settings for a store of its own: nothing for the embedded one, a fresh prefix in the bucket for an S3 server."""
    if name == "embedded":
        return {}
    if name not in servers():
        pytest.skip(f"no {name}: run through ./dev e2e")
    return {**servers()[name].settings(), "storage.tiered.s3.prefix": f"t-{uuid.uuid4().hex[:12]}"}


@pytest.fixture(params=["embedded", "minio"])
def store(request):
    return store_settings(request.param)


@pytest.fixture
def minio():
    return store_settings("minio")


@pytest.fixture(scope="session")
def jars():
    path = os.environ.get("TAKHIN_KAFKA_JARS")
    if not path:
        pytest.skip("no Kafka jars: run through ./dev e2e")
    return path
