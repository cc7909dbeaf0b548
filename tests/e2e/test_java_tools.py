"""Apache Kafka's command line tools, unchanged, and Connect."""
import json
import re
import time

import java_client
import kcat
import pytest
import topics
from client_suites import TIERED

TOOLS = "org.apache.kafka.tools"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"


def tool(broker, name, *arguments):
    main = name if "." in name else f"{TOOLS}.{name}"
    return java_client.run(main, "--bootstrap-server", broker.kafka, *arguments).decode()


def test_topics_and_configs(broker, jars):
    tool(broker, "TopicCommand", "--create", "--topic", "t", "--partitions", "2", "--config", "retention.ms=1234567")
    assert "t" in tool(broker, "TopicCommand", "--list").split()
    tool(broker, "TopicCommand", "--alter", "--topic", "t", "--partitions", "3")
    described = tool(broker, "TopicCommand", "--describe", "--topic", "t")
    assert "PartitionCount: 3" in described and "retention.ms=1234567" in described
    configs = "kafka.admin.ConfigCommand"
    tool(broker, configs, "--alter", "--entity-type", "topics", "--entity-name", "t", "--add-config", "segment.bytes=1048576")
    assert "segment.bytes=1048576" in tool(broker, configs, "--describe", "--entity-type", "topics", "--entity-name", "t")
    tool(broker, configs, "--alter", "--entity-type", "brokers", "--entity-default", "--add-config", "log.retention.ms=7654321")
    everything = tool(broker, configs, "--describe", "--all", "--entity-type", "brokers", "--entity-name", "1")
    assert "DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=7654321" in everything, everything
    tool(broker, configs, "--alter", "--entity-type", "brokers", "--entity-default", "--delete-config", "log.retention.ms")
    assert "log.retention.ms" not in tool(broker, configs, "--describe", "--entity-type", "brokers", "--entity-default")
    tool(broker, "TopicCommand", "--delete", "--topic", "t")
    assert "t" not in tool(broker, "TopicCommand", "--list").split()


def test_offsets_records_and_directories(broker, jars, tmp_path):
    topics.create(broker.kafka, "t", 1)
    kcat.produce(broker.kafka, "t", [(b"k%d" % i, b"v%d" % i) for i in range(100)])
    assert tool(broker, "GetOffsetShell", "--topic", "t") == "t:0:100\n"
    assert tool(broker, "GetOffsetShell", "--topic", "t", "--time", "earliest") == "t:0:0\n"
    request = tmp_path / "delete.json"
    request.write_text(json.dumps({"version": 1, "partitions": [{"topic": "t", "partition": 0, "offset": 40}]}))
    assert "low_watermark: 40" in tool(broker, "DeleteRecordsCommand", "--offset-json-file", str(request))
    assert tool(broker, "GetOffsetShell", "--topic", "t", "--time", "earliest") == "t:0:40\n"
    dirs = json.loads(tool(broker, "LogDirsCommand", "--describe", "--topic-list", "t").splitlines()[-1])
    (entry,) = [p for d in dirs["brokers"][0]["logDirs"] for p in d["partitions"]]
    assert entry["partition"] == "t-0" and entry["size"] > 0
    versions = tool(broker, "BrokerApiVersionsCommand")
    assert re.search(r"Produce\(0\): 0 to 13 \[usable: \d+\]", versions) and re.search(r"Fetch\(1\): 4 to 18 \[usable", versions)


def test_groups_and_the_cluster(broker, jars, tmp_path):
    topics.create(broker.kafka, "t", 1)
    kcat.produce(broker.kafka, "t", [(b"k", b"v")] * 50)
    java_client.console_consumer(broker.kafka, "t", 50, "--group", "g")
    assert tool(broker, GROUPS, "--list").split() == ["g"]
    described = tool(broker, GROUPS, "--describe", "--group", "g")
    assert re.search(r"g\s+t\s+0\s+50\s+50\s+0", described), described
    tool(broker, GROUPS, "--reset-offsets", "--group", "g", "--topic", "t", "--to-offset", "10", "--execute")
    assert re.search(r"g\s+t\s+0\s+10\s+50\s+40", tool(broker, GROUPS, "--describe", "--group", "g"))
    tool(broker, GROUPS, "--delete", "--group", "g")
    assert tool(broker, GROUPS, "--list").split() == []
    # A cluster of one: nothing to elect, nothing to move.
    tool(broker, "LeaderElectionCommand", "--election-type", "preferred", "--all-topic-partitions")
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"version": 1, "partitions": [{"topic": "t", "partition": 0, "replicas": [1]}]}))
    reassign = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
    assert "Successfully" in tool(broker, reassign, "--reassignment-json-file", str(plan), "--execute")
    assert "is completed" in tool(broker, reassign, "--reassignment-json-file", str(plan), "--verify")
    quorum = tool(broker, "MetadataQuorumCommand", "describe", "--status")
    assert re.search(r"LeaderId:\s+1\n", quorum), quorum


def test_features(broker, jars):
    described = tool(broker, "FeatureCommand", "describe")
    levels = r"SupportedMinVersion: 0\s+SupportedMaxVersion: 2\s+FinalizedVersionLevel: 2\s+Epoch: 0"
    assert re.search(r"Feature: transaction.version\s+" + levels, described), described
    assert re.search(r"Feature: metadata.version.*FinalizedVersionLevel: 4.0-IV3", described), described
    tool(broker, "FeatureCommand", "downgrade", "--feature", "transaction.version=1", "--dry-run")
    assert "was downgraded to 1" in tool(broker, "FeatureCommand", "downgrade", "--feature", "transaction.version=1")
    assert re.search(r"transaction.version.*FinalizedVersionLevel: 1\s+Epoch: 1", tool(broker, "FeatureCommand", "describe"))
    assert "was upgraded to 2" in tool(broker, "FeatureCommand", "upgrade", "--feature", "transaction.version=2")
    with pytest.raises(AssertionError, match="does not support|only supports"):
        tool(broker, "FeatureCommand", "upgrade", "--feature", "transaction.version=3")
    with pytest.raises(AssertionError, match="Refusing to perform the requested downgrade"):
        tool(broker, "FeatureCommand", "downgrade", "--feature", "metadata.version=24")


def test_verifiable_producer_and_consumer(brokers, jars, tmp_path):
    broker = brokers(settings=TIERED).start()
    topics.create(broker.kafka, "t", 3)
    produced = tool(broker, "VerifiableProducer", "--topic", "t", "--max-messages", "20000", "--throughput", "-1", "--acks", "-1")
    events = [json.loads(line) for line in produced.splitlines()]
    assert sum(event["name"] == "producer_send_success" for event in events) == 20000
    time.sleep(2)  # segments leave local disk
    consumed = tool(broker, "VerifiableConsumer", "--topic", "t", "--group-id", "g", "--max-messages", "20000",
                    "--reset-policy", "earliest")
    events = [json.loads(line) for line in consumed.splitlines()]
    assert sum(event["count"] for event in events if event["name"] == "records_consumed") >= 20000
    assert all(event["success"] for event in events if event["name"] == "offsets_committed")


def test_connect_copies_a_file_through_a_topic(brokers, jars, tmp_path):
    broker = brokers(settings=TIERED).start()
    lines = [f"line {i}" for i in range(5000)]
    (tmp_path / "in.txt").write_text("\n".join(lines) + "\n")
    worker = tmp_path / "worker.properties"
    worker.write_text(f"bootstrap.servers={broker.kafka}\noffset.storage.file.filename={tmp_path}/offsets\n"
                      "listeners=HTTP://127.0.0.1:0\n"
                      "key.converter=org.apache.kafka.connect.storage.StringConverter\n"
                      "value.converter=org.apache.kafka.connect.storage.StringConverter\noffset.flush.interval.ms=1000\n")
    source = tmp_path / "source.properties"
    file_connectors = "connector.class=org.apache.kafka.connect.file.FileStream"
    source.write_text(f"name=source\n{file_connectors}SourceConnector\nfile={tmp_path}/in.txt\ntopic=lines\n")
    sink = tmp_path / "sink.properties"
    sink.write_text(f"name=sink\n{file_connectors}SinkConnector\nfile={tmp_path}/out.txt\ntopics=lines\n")
    log = tmp_path / "connect.log"
    connect = java_client.start("org.apache.kafka.connect.cli.ConnectStandalone", str(worker), str(source), str(sink), log=log)
    try:
        deadline = time.monotonic() + 120
        out = tmp_path / "out.txt"
        while not out.exists() or out.read_text().count("\n") < len(lines):
            assert connect.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.3)
        assert out.read_text().splitlines() == lines
    finally:
        connect.kill()
        connect.wait()
