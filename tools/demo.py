"""./dev demo: real records go cold into the embedded object store and come back, byte for byte."""
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "pylib"))
import kcat
from dataset import debian_packages, digest
from kafka.admin import KafkaAdminClient, NewTopic
from takhin_process import Takhin, wait_until

TOPIC = "packages"
CONFIGS = {"segment.bytes": str(1 << 20), "remote.storage.enable": "true", "local.retention.bytes": "1", "retention.ms": "-1"}


def mb(count):
    return f"{count / 1e6:.1f} MB"


def main():
    records = debian_packages()
    if len(records) < 1000:
        sys.exit("demo: apt's package lists are empty; run 'apt-get update' first")
    work = pathlib.Path(tempfile.mkdtemp(prefix="takhin-demo-"))
    try:
        with Takhin(work / "data", {"log.level": "warn"}) as broker:
            run(broker, records)
    finally:
        shutil.rmtree(work)


def run(broker, records):
    admin = KafkaAdminClient(bootstrap_servers=broker.kafka)
    admin.create_topics([NewTopic(TOPIC, 1, 1, topic_configs=CONFIGS)])
    admin.close()
    began = time.monotonic()
    kcat.produce(broker.kafka, TOPIC, records)
    produced = time.monotonic() - began
    local_before = sum(f.stat().st_size for f in broker.log_files(TOPIC))
    segments = len(broker.log_files(TOPIC)) + broker.get("/api/v1/tiers/stats")["cold_segments"]
    broker.evaluate()
    wait_until(lambda: len(broker.log_files(TOPIC)) == 1, 60, "local files of archived segments are gone")
    stats = broker.get("/api/v1/tiered/stats")
    objects = [f for f in (broker.data / "objects").rglob("*.seg")]
    before = broker.metrics()
    began = time.monotonic()
    first = kcat.consume(broker.kafka, TOPIC, "beginning", "-c", "1")
    first_seconds = time.monotonic() - began
    began = time.monotonic()
    back = kcat.consume(broker.kafka, TOPIC)
    total_seconds = time.monotonic() - began
    after = broker.metrics()
    same = digest(back) == digest(records) and first == records[:1]
    rows = [
        ("records sent / read back", f"{len(records)} / {len(back)}"),
        ("keys and values equal (SHA-256)", f"{'yes' if same else 'NO'} ({digest(back)[:16]})"),
        ("segments written / archived", f"{segments} / {stats['archived_segments']}"),
        ("log bytes", mb(stats["total_size_bytes"])),
        ("local .log bytes before / after", f"{mb(local_before)} / {mb(sum(f.stat().st_size for f in broker.log_files(TOPIC)))}"),
        ("object bytes", mb(sum(f.stat().st_size for f in objects))),
        ("store requests for the cold read", f"{requests(after, 'get') - requests(before, 'get'):.0f} GET"),
        ("produce", f"{produced:.2f} s"),
        ("cold read, first record (whole kcat run)", f"{first_seconds:.3f} s"),
        ("cold read, everything (whole kcat run)", f"{total_seconds:.2f} s"),
        ("broker start", f"{broker.start_seconds * 1000:.0f} ms"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
    if not same or stats["archived_segments"] < 12:
        sys.exit("demo: FAILED")


def requests(metrics, verb):
    return sum(v for name, v in metrics.items() if name.startswith("tiered_storage_requests_total{") and f'verb="{verb}"' in name)


if __name__ == "__main__":
    main()
