"""Clients that must say who they are: SASL PLAIN and SCRAM, with each kind of client."""
import java_client
import kcat
import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

USERS = "alice:alice-secret\n"
WRONG = "not-the-passw0rd"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@pytest.fixture
def guarded(brokers, tmp_path):
    users = tmp_path / "users"
    users.write_text(USERS)
    return brokers(settings={"kafka.sasl.enabled.mechanisms": ",".join(MECHANISMS), "kafka.sasl.users.file": str(users)}).start()


def python_client(broker, mechanism, password="alice-secret", user="alice"):
    return {"bootstrap_servers": broker.kafka, "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": mechanism,
            "sasl_plain_username": user, "sasl_plain_password": password}


def rdkafka_client(broker, mechanism, password="alice-secret", user="alice"):
    return {"bootstrap.servers": broker.kafka, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism,
            "sasl.username": user, "sasl.password": password}


def java_properties(path, broker, mechanism, password="alice-secret", user="alice"):
    module = "plain.PlainLoginModule" if mechanism == "PLAIN" else "scram.ScramLoginModule"
    path.write_text(f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism={mechanism}\n"
                    f'sasl.jaas.config=org.apache.kafka.common.security.{module} required username="{user}" password="{password}";\n')
    return str(path)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_each_client_by_each_mechanism(guarded, mechanism, tmp_path, jars):
    producer = KafkaProducer(**python_client(guarded, mechanism))
    producer.send("t", b"from kafka-python").get(30)
    producer.close()
    producer = Producer(rdkafka_client(guarded, mechanism))
    producer.produce("t", b"from librdkafka")
    assert producer.flush(30) == 0
    properties = java_properties(tmp_path / "client.properties", guarded, mechanism)
    java_client.console_producer(guarded.kafka, "t", ["from java"], "--producer.config", properties)
    consumer = KafkaConsumer("t", **python_client(guarded, mechanism), auto_offset_reset="earliest", consumer_timeout_ms=20_000)
    assert [next(consumer).value for _ in range(3)] == [b"from kafka-python", b"from librdkafka", b"from java"]
    consumer.close()


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_opens_nothing(guarded, mechanism):
    with pytest.raises(KafkaError):
        KafkaProducer(**python_client(guarded, mechanism, WRONG), max_block_ms=3_000,
                      bootstrap_timeout_ms=3_000)
    with pytest.raises(KafkaException):
        AdminClient(rdkafka_client(guarded, mechanism, WRONG)).list_topics(timeout=5)
    log = guarded.log_path.read_text()
    assert "authentication as 'alice' by " + mechanism + " failed" in log
    assert WRONG not in log and "alice-secret" not in log


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_an_old_librdkafka(guarded, mechanism):
    options = ["-Xsecurity.protocol=SASL_PLAINTEXT", f"-Xsasl.mechanism={mechanism}", "-Xsasl.username=alice",
               "-Xsasl.password=alice-secret"]
    kcat.produce(guarded.kafka, "t", [(b"k", b"v")], *options)
    assert kcat.consume(guarded.kafka, "t", "beginning", *options) == [(b"k", b"v")]


def test_who_does_not_say_who_it_is_is_served_nothing(guarded):
    with pytest.raises(KafkaException):
        AdminClient({"bootstrap.servers": guarded.kafka}).list_topics(timeout=3)
    assert "is not authenticated" in guarded.log_path.read_text()


def test_users_made_at_run_time_outlive_a_kill(guarded, tmp_path, jars):
    properties = java_properties(tmp_path / "alice.properties", guarded, "SCRAM-SHA-256")
    configs = "kafka.admin.ConfigCommand"
    java_client.run(configs, "--bootstrap-server", guarded.kafka, "--command-config", properties, "--alter", "--entity-type", "users",
                    "--entity-name", "bob", "--add-config", "SCRAM-SHA-512=[iterations=8192,password=bob-secret]")
    guarded.kill()
    guarded.start()
    described = java_client.run(configs, "--bootstrap-server", guarded.kafka, "--command-config", properties, "--describe",
                                "--entity-type", "users", "--entity-name", "bob").decode()
    assert "SCRAM-SHA-512=iterations=8192" in described, described
    consumer = Consumer({**rdkafka_client(guarded, "SCRAM-SHA-512", "bob-secret", "bob"), "group.id": "g"})
    assert consumer.list_topics(timeout=10).brokers
    consumer.close()
    assert "bob-secret" not in guarded.log_path.read_text()
    assert b"bob-secret" not in (guarded.data / "broker/scram-credentials").read_bytes()
