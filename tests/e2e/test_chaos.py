"""kill -9 again and again while the network to a real S3 server misbehaves: nothing acknowledged is lost, no orphan survives."""
import json
import random
import subprocess

import kcat
import topics
from fault_proxy import Chaos, FaultProxy
from kill_loop import produce_until_killed
from takhin_process import binary, wait_until

KILLS = 20
TOPIC = "chaos"
# Small segments, so that each life of the broker uploads, removes and reads some.
CONFIGS = {**topics.TIERED, "segment.bytes": "32768"}
WEATHER = Chaos(latency_seconds=0.02, reset=0.08, slow_down=0.08, lost=0.08, half=0.08)


def archived_in(store):
    """[(base, end)] of every segment object under the store's prefix, as a listing of the bucket shows them."""
    arguments = [binary(), "tier", "ls", "--json", "--store",
                 f"s3://{store['storage.tiered.s3.bucket']}/{store['storage.tiered.s3.prefix']}"]
    for key in ("endpoint", "access.key", "secret.key"):
        arguments += ["--set", f"storage.tiered.s3.{key}={store[f'storage.tiered.s3.{key}']}"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def passes(broker):
    """A whole pass of archiving, retention and removal that met no failure."""
    return broker.http("POST", "/api/v1/tiers/evaluate", b"")[0] == 200


def test_T19_T25_T26_kill_loops_behind_a_bad_network_lose_nothing(brokers, minio):
    proxy = FaultProxy(minio["storage.tiered.s3.endpoint"], seed=11)
    settings = {**minio, "storage.tiered.s3.endpoint": f"http://{proxy.address}", "tier.local.pass.interval.ms": 50}
    broker = brokers(settings=settings).start()
    topics.create(broker.kafka, TOPIC, 1, CONFIGS)
    acknowledged, chance = {}, random.Random(7)
    proxy.set_chaos(WEATHER)
    for life in range(KILLS):
        produce_until_killed(broker, TOPIC, life, chance, acknowledged)
        broker.start()
    assert len(acknowledged) > 50 * KILLS and proxy.faults > KILLS

    proxy.set_chaos(Chaos())
    wait_until(lambda: passes(broker) and len(broker.log_files(TOPIC)) == 1, 90, "everything sealed is archived, and gone from disk")
    rows = kcat.consume(broker.kafka, TOPIC)
    lost = [offset for offset, value in acknowledged.items() if offset >= len(rows) or rows[offset][1] != value]
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged records, first at {min(lost)}"

    known = broker.get("/api/v1/tiered/stats")["archived_segments"]
    assert known > KILLS / 2
    assert len(archived_in(minio)) == known, "objects that nobody knows, or the other way round"
    topics.delete(broker.kafka, TOPIC)
    wait_until(lambda: archived_in(minio) == [], 60, "the deletion leaves nothing in the bucket")
    proxy.close()
