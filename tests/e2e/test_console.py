"""The console's routes on a real broker (every letter of them is in the unit tests), metrics and health."""
import kcat
import pytest
import topics

ROWS = [(f"k{i}".encode(), b"x" * 1000) for i in range(3000)]
CLOSED = "t-0/00000000000000000000.log"


@pytest.fixture
def loaded(broker):
    topics.create(broker.kafka, "t", 1, {"segment.bytes": str(1 << 20)})
    kcat.produce(broker.kafka, "t", ROWS)
    return broker


def test_archive_on_request(loaded):
    assert loaded.get("/api/v1/tiered/stats")["archived_segments"] == 0
    assert loaded.get(f"/api/v1/tiered/segments/{CLOSED}") == {"segment_path": CLOSED, "policy": "hot", "is_archived": False}
    for _ in range(2):
        assert loaded.post("/api/v1/tiered/archive", {"segment_path": CLOSED}) == {
            "status": "success", "message": "segment archived successfully"}
    assert loaded.get(f"/api/v1/tiered/segments/{CLOSED}") == {"segment_path": CLOSED, "policy": "warm", "is_archived": True}
    active = loaded.log_files("t")[-1].name
    status, text = loaded.http("POST", "/api/v1/tiered/archive", {"segment_path": f"t-0/{active}"})
    assert status == 409 and '"error"' in text
    assert loaded.http("POST", "/api/v1/tiered/archive", {"segment_path": "t-0/00000000000000000001.log"})[0] == 404
    assert loaded.http("POST", "/api/v1/tiered/archive", b"{")[0] == 400


def test_access_and_cost(loaded):
    assert loaded.http("GET", "/api/v1/tiers/access/" + CLOSED)[0] == 404
    size = loaded.log_files("t")[0].stat().st_size
    kcat.consume(loaded.kafka, "t")
    access = loaded.get("/api/v1/tiers/access/" + CLOSED)
    assert access["segment_path"] == CLOSED and access["access_count"] >= 1 and access["read_bytes"] >= size
    cost = loaded.get("/api/v1/tiers/cost-analysis")
    assert cost["hot_storage_gb"] > 0 and cost["cost_savings_pct"].endswith("%")
    assert cost["total_cost_monthly"].startswith("$")


def test_metrics_and_health(loaded):
    metrics = loaded.metrics()
    for name in ('tiered_storage_segments_total{policy="hot"}', "tiered_storage_archived_segments_total",
                 'tiered_storage_archive_operations_total{result="success"}', "tiered_storage_s3_bytes_uploaded",
                 "tiered_storage_s3_bytes_downloaded", 'tier_segments_total{tier="cold"}', "tier_storage_cost_monthly_usd"):
        assert name in metrics, name
    for path in ("/health", "/health/ready", "/health/live"):
        assert loaded.http("GET", path, address=loaded.health)[0] == 200


def test_disabled_tiering_answers_501_and_503(brokers):
    broker = brokers(settings={"storage.tiered.enabled": "false"}).start()
    assert broker.http("GET", "/api/v1/tiered/stats") == (501, '{"error":"tiered storage not enabled"}')
    assert broker.http("GET", "/api/v1/tiers/stats") == (503, '{"error":"tier management not enabled"}')
    kcat.produce(broker.kafka, "plain", ROWS[:100])
    assert len(kcat.consume(broker.kafka, "plain")) == 100
