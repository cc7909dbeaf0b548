"""A second store: it gets what the first one has, is read while the first is away or has lost something, and brings a lost broker back."""
import shutil

import kcat
import pytest
import topics
from dataset import debian_packages, digest
from fault_proxy import FaultProxy
from takhin_process import wait_until
from test_recovery import FAST, archive_everything, takhin

TOPIC = "packages"
# Small segments: many objects, some of which merging and deletion take away again.
CONFIGS = {**topics.TIERED, "segment.bytes": "262144"}
SMALL_BATCHES = ("-X", "batch.size=65536")  # no batch may be larger than a segment


def segments(directory):
    return sorted(path.name for path in directory.rglob("*.seg"))


def copied(broker):
    seen = broker.metrics()
    return (seen.get("tiered_storage_replica_compared") == 1 and seen.get("tiered_storage_replica_waiting_objects") == 0
            and seen.get("tiered_storage_replica_removals_waiting") == 0)


def metric(broker, name):
    return broker.metrics().get(name, 0)


@pytest.fixture
def two(brokers, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    broker = brokers(settings={**FAST, "storage.tiered.enabled": "true", "storage.tiered.s3.endpoint": f"file://{first}",
                               "tier.replica.url": f"file://{second}"}).start()
    return broker, first, second


def test_the_replica_is_read_when_the_first_store_lost_its_objects_and_recovered_from(two, brokers):
    broker, first, second = two
    records = debian_packages(10_000)
    topics.create(broker.kafka, TOPIC, 1, CONFIGS)
    topics.create(broker.kafka, "gone", 1, CONFIGS)
    kcat.produce(broker.kafka, TOPIC, records, *SMALL_BATCHES)
    kcat.produce(broker.kafka, "gone", records[:5_000], *SMALL_BATCHES)
    archive_everything(broker, TOPIC)
    archive_everything(broker, "gone")
    topics.delete(broker.kafka, "gone")
    wait_until(lambda: copied(broker) and not list(second.rglob("gone*/**/*.seg")), 60, "copies and removals are through")
    assert len(segments(first)) > 3 and segments(second) == segments(first)

    for path in first.rglob("*.seg"):
        path.unlink()
    assert digest(kcat.consume(broker.kafka, TOPIC)) == digest(records)
    assert metric(broker, "tiered_storage_replica_reads_total") > 0

    broker.kill()
    shutil.rmtree(broker.data)
    shutil.rmtree(first)
    done = takhin("recover", "--from", f"file://{second}", "--data", broker.data)
    assert done.returncode == 0 and "gone" not in done.stdout, done.stdout + done.stderr
    again = brokers("data", {**FAST, "storage.tiered.enabled": "true", "storage.tiered.s3.endpoint": f"file://{second}"}).start()
    assert digest(kcat.consume(again.kafka, TOPIC)) == digest(records)
    scrub = takhin("tier", "scrub", "--store", f"file://{second}")
    assert scrub.returncode == 0, scrub.stdout


def test_a_first_store_that_cannot_be_reached_costs_no_reader_a_time_out(brokers, minio, tmp_path):
    proxy = FaultProxy(minio["storage.tiered.s3.endpoint"])
    broker = brokers(settings={**FAST, **minio, "storage.tiered.s3.endpoint": f"http://{proxy.address}",
                               "tier.replica.url": f"file://{tmp_path}/second"}).start()
    records = debian_packages(10_000)
    topics.create(broker.kafka, TOPIC, 1, CONFIGS)
    kcat.produce(broker.kafka, TOPIC, records, *SMALL_BATCHES)
    archive_everything(broker, TOPIC)
    wait_until(lambda: copied(broker), 60, "everything is in the replica")
    proxy.down()
    assert digest(kcat.consume(broker.kafka, TOPIC)) == digest(records)
    assert metric(broker, "tiered_storage_first_store_unreachable") == 1
    kcat.produce(broker.kafka, TOPIC, records[:1_000], *SMALL_BATCHES)  # stays local, and is acknowledged
    proxy.up()
    wait_until(lambda: metric(broker, "tiered_storage_first_store_unreachable") == 0, 90, "the first store is read again")
    wait_until(lambda: [path.stat().st_size for path in broker.log_files(TOPIC)] == [0], 90, "archiving goes on")
    wait_until(lambda: copied(broker), 60, "and so does copying")
    assert digest(kcat.consume(broker.kafka, TOPIC)) == digest(records + records[:1_000])
    proxy.close()


def test_a_replica_that_is_set_up_later_gets_what_was_there(brokers, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    settings = {**FAST, "storage.tiered.enabled": "true", "storage.tiered.s3.endpoint": f"file://{first}"}
    broker = brokers(settings=settings).start()
    topics.create(broker.kafka, TOPIC, 1, CONFIGS)
    kcat.produce(broker.kafka, TOPIC, debian_packages(5_000), *SMALL_BATCHES)
    archive_everything(broker, TOPIC)
    broker.stop()
    broker = brokers(settings={**settings, "tier.replica.url": f"file://{second}"}).start()
    wait_until(lambda: copied(broker), 60, "the replica has caught up")
    assert segments(second) == segments(first)
    assert takhin("tier", "scrub", "--store", f"file://{second}").returncode == 0
