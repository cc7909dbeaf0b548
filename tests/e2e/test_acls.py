"""What clients may do: ACLs made by Kafka's own tool, obeyed for each kind of client, and still there after a kill."""
import re

import java_client
import kcat
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, NewTopic
from confluent_kafka.admin import ResourcePatternType, ResourceType
from kafka.admin import KafkaAdminClient
from test_security import java_properties, python_client, rdkafka_client

USERS = "root:root-secret\nalice:alice-secret\nbob:bob-secret\n"
MECHANISM = "SCRAM-SHA-256"


@pytest.fixture
def guarded(brokers, tmp_path):
    users = tmp_path / "users"
    users.write_text(USERS)
    broker = brokers(settings={"kafka.sasl.enabled.mechanisms": MECHANISM, "kafka.sasl.users.file": str(users),
                               "kafka.authorizer.enabled": "true", "kafka.super.users": "User:root"}).start()
    root = AdminClient(rdkafka(broker, "root"))
    root.create_topics([NewTopic("t", 1, 1)])["t"].result(30)
    return broker


def rdkafka(broker, user, **more):
    return {**rdkafka_client(broker, MECHANISM, f"{user}-secret", user), **more}


def kcat_options(user):
    return ["-Xsecurity.protocol=SASL_PLAINTEXT", f"-Xsasl.mechanism={MECHANISM}", f"-Xsasl.username={user}",
            f"-Xsasl.password={user}-secret"]


@pytest.fixture
def acls(guarded, tmp_path, jars):
    """kafka-acls.sh as root."""
    properties = java_properties(tmp_path / "root.properties", guarded, MECHANISM, "root-secret", "root")

    def run(*arguments):
        return java_client.run("org.apache.kafka.tools.AclCommand", "--bootstrap-server", guarded.kafka, "--command-config", properties,
                               *arguments).decode()
    return run


def produce(broker, user, topic="t", **more):
    """None, or the error."""
    errors = []
    producer = Producer(rdkafka(broker, user, **{"message.timeout.ms": 8000, **more}))
    producer.produce(topic, b"v", on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(20) == 0
    return errors[0] and errors[0].code()


def consume(broker, user, group="g", topic="t"):
    """A record's value, or the error's code."""
    consumer = Consumer(rdkafka(broker, user, **{"group.id": group, "auto.offset.reset": "earliest"}))
    consumer.subscribe([topic])
    try:
        message = consumer.poll(20)
        assert message is not None
        return message.error().code() if message.error() else message.value()
    finally:
        consumer.close()


def test_producers_and_consumers_by_kafkas_tool(guarded, acls):
    assert produce(guarded, "alice") == KafkaError.TOPIC_AUTHORIZATION_FAILED
    acls("--add", "--allow-principal", "User:alice", "--producer", "--topic", "t")
    assert produce(guarded, "alice") is None
    assert produce(guarded, "alice", **{"enable.idempotence": True}) is None
    kcat.produce(guarded.kafka, "t", [(b"k", b"v")], *kcat_options("alice"))
    assert consume(guarded, "bob") in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)
    acls("--add", "--allow-principal", "User:bob", "--consumer", "--topic", "t", "--group", "g")
    assert consume(guarded, "bob") == b"v"
    assert consume(guarded, "bob", group="other") == KafkaError.GROUP_AUTHORIZATION_FAILED
    assert produce(guarded, "bob") == KafkaError.TOPIC_AUTHORIZATION_FAILED
    listed = acls("--list", "--topic", "t")
    assert re.search(r"principal=User:alice, host=\*, operation=WRITE, permissionType=ALLOW", listed), listed
    assert re.search(r"principal=User:bob, host=\*, operation=READ, permissionType=ALLOW", listed), listed
    acls("--remove", "--allow-principal", "User:alice", "--producer", "--topic", "t", "--force")
    assert produce(guarded, "alice") == KafkaError.TOPIC_AUTHORIZATION_FAILED
    log = guarded.log_path.read_text()
    assert re.search(r"\[audit\] 'User:alice' from 127.0.0.1 by \w+: denied (WRITE|DESCRIBE) on TOPIC 't'", log), log[-2000:]
    assert re.search(r"\[audit\] 'User:root' from 127.0.0.1 by CreateAcls: .*TOPIC 'added ALLOW WRITE for User:alice from \* on "
                     r"LITERAL:t'", log), log[-2000:]
    assert "by CreateTopics: TOPIC 't'" in log and "-secret" not in log


def test_transactions_prefixes_and_denials_by_kafkas_tool(guarded, acls):
    acls("--add", "--allow-principal", "User:alice", "--producer", "--topic", "team.", "--resource-pattern-type", "prefixed")
    acls("--add", "--allow-principal", "User:alice", "--producer", "--transactional-id", "x", "--idempotent", "--topic", "none")
    admin = AdminClient(rdkafka(guarded, "alice"))
    assert produce(guarded, "alice", "team.new") is None, "a producer's rights are WRITE, DESCRIBE and CREATE"
    assert produce(guarded, "alice", "other") == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert set(admin.list_topics(timeout=10).topics) == {"team.new"}
    producer = Producer(rdkafka(guarded, "alice", **{"transactional.id": "x"}))
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce("team.new", b"v")
    producer.commit_transaction(20)
    with pytest.raises(KafkaException) as refused:
        Producer(rdkafka(guarded, "alice", **{"transactional.id": "y"})).init_transactions(20)
    assert refused.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    acls("--add", "--deny-principal", "User:alice", "--operation", "Write", "--topic", "team.new")
    assert produce(guarded, "alice", "team.new") == KafkaError.TOPIC_AUTHORIZATION_FAILED, "no goes before yes"
    acls("--remove", "--topic", "team.new", "--resource-pattern-type", "literal", "--force")
    assert produce(guarded, "alice", "team.new") is None
    listed = acls("--list")
    assert "resourceType=TRANSACTIONAL_ID, name=x, patternType=LITERAL" in listed, listed
    assert "operation=IDEMPOTENT_WRITE" in listed and "name=team., patternType=PREFIXED" in listed, listed


def test_admin_clients(guarded):
    root = AdminClient(rdkafka(guarded, "root"))
    binding = AclBinding(ResourceType.TOPIC, "t", ResourcePatternType.LITERAL, "User:bob", "*", AclOperation.DESCRIBE_CONFIGS,
                         AclPermissionType.ALLOW)
    for future in root.create_acls([binding]).values():
        future.result(20)
    everything = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY,
                                  AclPermissionType.ANY)
    assert root.describe_acls(everything).result(20) == [binding]
    bob = AdminClient(rdkafka(guarded, "bob"))
    with pytest.raises(KafkaException) as refused:
        bob.create_acls([binding])[binding].result(20)
    assert refused.value.args[0].code() == KafkaError.CLUSTER_AUTHORIZATION_FAILED
    with pytest.raises(KafkaException) as refused:
        bob.create_topics([NewTopic("u", 1, 1)])["u"].result(20)
    assert refused.value.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    described = KafkaAdminClient(**python_client(guarded, MECHANISM, "bob-secret", "bob"))
    assert described.list_topics() == []
    described.close()
    (removed,) = root.delete_acls([everything]).values()
    assert removed.result(20) == [binding]
    assert root.describe_acls(everything).result(20) == []


def test_acls_outlive_kills_and_restarts(guarded):
    root = AdminClient(rdkafka(guarded, "root"))

    def grant(topic):
        return AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:bob", "*", AclOperation.WRITE,
                          AclPermissionType.ALLOW)

    for number in range(3):
        for future in root.create_acls([grant(f"t{number}")]).values():
            future.result(20)
        if number < 2:
            guarded.kill()
        else:
            guarded.stop()
        guarded.start()
        root = AdminClient(rdkafka(guarded, "root"))
        bindings = root.describe_acls(AclBindingFilter(ResourceType.TOPIC, None, ResourcePatternType.ANY, None, None,
                                                       AclOperation.ANY, AclPermissionType.ANY)).result(20)
        assert sorted(one.name for one in bindings) == [f"t{n}" for n in range(number + 1)]
    acls = guarded.data / "broker/acls"
    damaged = bytearray(acls.read_bytes())
    damaged[30] ^= 1
    guarded.stop()
    acls.write_bytes(damaged)
    with pytest.raises(Exception):
        guarded.start()
    assert "acls" in guarded.log_path.read_text()
