"""Kafka Streams with exactly_once_v2: the smoke test of Kafka's own system tests. Its driver produces for half a minute and checks
every sum, minimum, maximum, count and average of what comes out, also exactly-once."""
import time

import java_client
import pytest
import topics
from client_suites import TIERED

SMOKE = "org.apache.kafka.streams.tests.StreamsSmokeTest"
TOPICS = ("data", "fk", "echo", "max", "min", "min-suppressed", "min-raw", "dif", "sum", "sws-raw", "sws-suppressed", "cnt", "avg", "tagg")
DRIVER_SECONDS_MAX = 300


def wait_for(what, seconds=120):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.5)


class Programs:
    """Driver and applications, each with a log and a state of its own."""

    def __init__(self, folder, address):
        self.folder = folder
        self.address = address
        self.running = []

    def start(self, name, verb):
        config = self.folder / f"{name}.properties"
        config.write_text(f"bootstrap.servers={self.address}\nstate.dir={self.folder / name}\n"
                          "processing.guarantee=exactly_once_v2\nreplication.factor=1\n")
        self.running.append(java_client.start(SMOKE, str(config), verb, log=self.folder / f"{name}.log"))
        return self.running[-1]

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.fixture
def programs(tmp_path):
    made = []

    def make(address):
        made.append(Programs(tmp_path, address))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_streams_exactly_once_survives_kills_of_a_client_and_of_the_broker(brokers, programs, jars):
    broker = brokers(settings=TIERED).start()
    broker.settings["kafka.port"] = broker.kafka.rsplit(":", 1)[1]  # its clients come back to the address that they know
    for topic in TOPICS:
        topics.create(broker.kafka, topic, 5)
    smoke = programs(broker.kafka)
    smoke.start("one", "process")
    two = smoke.start("two", "process")
    driver = smoke.start("driver", "run")
    wait_for(lambda: topics.end(broker.kafka, "cnt") > 0)
    two.kill()
    two.wait()
    smoke.start("two-again", "process")
    time.sleep(3)  # some more transactions
    broker.kill()
    broker.start()
    assert driver.wait(DRIVER_SECONDS_MAX) == 0, smoke.log("driver")[-3000:]
    said = smoke.log("driver")
    assert "ALL-RECORDS-DELIVERED" in said and "PROCESSED-MORE-THAN-GENERATED" not in said and "SUCCESS" in said, said[-3000:]
