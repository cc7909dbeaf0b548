"""Clients over TLS: each kind of client, certificates of clients, SASL inside, tokens, several listeners, new certificates under way."""
import base64
import json
import re
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import java_client
import kcat
import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from kafka import KafkaConsumer, KafkaProducer
from takhin_process import wait_until

USERS = "alice:alice-secret\n"


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, check=True, capture_output=True).stdout


class Stores:
    """An authority, and PEM files that it signs."""

    def __init__(self, path):
        self.path = path
        self.ca = path / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2, "-subj", "/CN=test authority",
                "-keyout", path / "ca.key", "-out", self.ca)
        self.issue("server", "/CN=localhost")

    def issue(self, name, subject, days=1):
        key, request, cert = (self.path / f"{name}.{kind}" for kind in ("key", "csr", "crt"))
        extension = self.path / f"{name}.ext"
        extension.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject, "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.path / "ca.key", "-CAcreateserial", "-days", days,
                "-extfile", extension, "-out", cert)
        (self.path / f"{name}.pem").write_bytes(key.read_bytes() + cert.read_bytes())
        return cert, key

    def settings(self, **more):
        return {"kafka.ssl.keystore.location": str(self.path / "server.crt"), "kafka.ssl.keystore.key.location": str(self.path / "server.key"),
                "kafka.ssl.truststore.location": str(self.ca), **more}


@pytest.fixture
def stores(tmp_path):
    return Stores(tmp_path)


def address_of(broker, listener):
    """Where a listener with a free port has come to listen."""
    return re.findall(rf"listener {listener}://(\S+) is", broker.log_path.read_text())[-1]


def rdkafka(stores, address, client=None, **more):
    config = {"bootstrap.servers": address, "security.protocol": "SSL", "ssl.ca.location": str(stores.ca)}
    if client:
        config |= {"ssl.certificate.location": str(stores.path / f"{client}.crt"), "ssl.key.location": str(stores.path / f"{client}.key")}
    return config | {key.replace("_", "."): value for key, value in more.items()}


def java_properties(path, stores, client=None, lines=(), protocol="SSL"):
    text = [f"security.protocol={protocol}", "ssl.truststore.type=PEM", f"ssl.truststore.location={stores.ca}"]
    if client:
        text += ["ssl.keystore.type=PEM", f"ssl.keystore.location={stores.path / client}.pem"]
    path.write_text("\n".join([*text, *lines]) + "\n")
    return str(path)


def produce(config, topic, *values):
    producer = Producer(config)
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(30) == 0


def consume(config, topic, count):
    consumer = Consumer({"group.id": "g", "auto.offset.reset": "earliest", **config})
    consumer.subscribe([topic])
    values, end = [], time.monotonic() + 60
    while len(values) < count and time.monotonic() < end:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            values.append(message.value())
    consumer.close()
    return values


def test_each_client_over_tls(brokers, stores, tmp_path, jars):
    broker = brokers(settings=stores.settings(**{"kafka.listeners": "SSL://localhost:0"})).start()
    producer = KafkaProducer(bootstrap_servers=broker.kafka, security_protocol="SSL", ssl_cafile=str(stores.ca))
    producer.send("t", b"from kafka-python").get(30)
    producer.close()
    produce(rdkafka(stores, broker.kafka), "t", b"from librdkafka")
    options = ["-Xsecurity.protocol=ssl", f"-Xssl.ca.location={stores.ca}"]
    kcat.produce(broker.kafka, "t", [(b"k", b"from kcat")], *options)
    properties = java_properties(tmp_path / "client.properties", stores)
    java_client.console_producer(broker.kafka, "t", ["from java"], "--producer.config", properties)
    values = [b"from kafka-python", b"from librdkafka", b"from kcat", b"from java"]
    assert [value for _, value in kcat.consume(broker.kafka, "t", "beginning", *options)] == values
    assert consume(rdkafka(stores, broker.kafka), "t", 4) == values
    consumer = KafkaConsumer("t", bootstrap_servers=broker.kafka, security_protocol="SSL", ssl_cafile=str(stores.ca),
                             auto_offset_reset="earliest", consumer_timeout_ms=20_000)
    assert [next(consumer).value for _ in range(4)] == values
    consumer.close()
    lines = java_client.console_consumer(broker.kafka, "t", 4, "--consumer.config", properties)
    assert lines.count(b"\x1e") == 4
    assert broker.metrics()["kafka_tls_handshakes_total"] > 4
    assert broker.metrics()["kafka_tls_certificate_not_after_seconds"] > time.time()


def test_much_data_over_tls_is_the_same(brokers, stores):
    broker = brokers(settings=stores.settings(**{"kafka.listeners": "SSL://localhost:0"})).start()
    values = [bytes([i % 251]) * 100_000 for i in range(300)]
    produce(rdkafka(stores, broker.kafka), "t", *values)
    assert consume(rdkafka(stores, broker.kafka), "t", len(values)) == values


def test_clients_with_certificates(brokers, stores, tmp_path, jars):
    stores.issue("alice", "/O=Acme/OU=eng/CN=alice")
    other = tmp_path / "other"
    other.mkdir()
    stranger = Stores(other)
    stranger.issue("mallory", "/CN=alice")
    broker = brokers(settings=stores.settings(**{"kafka.listeners": "SSL://localhost:0", "kafka.ssl.client.auth": "required",
                                                 "kafka.ssl.principal.mapping.rules": "RULE:^CN=(.*?),OU=eng.*$/$1/L"})).start()
    produce(rdkafka(stores, broker.kafka, "alice"), "t", b"hello")
    properties = java_properties(tmp_path / "alice.properties", stores, "alice")
    java_client.console_producer(broker.kafka, "t", ["from java"], "--producer.config", properties)
    assert consume(rdkafka(stores, broker.kafka, "alice"), "t", 2) == [b"hello", b"from java"]
    for config in (rdkafka(stores, broker.kafka), rdkafka(stranger, broker.kafka, "mallory", ssl_ca_location=str(stores.ca))):
        with pytest.raises(KafkaException):
            AdminClient(config).list_topics(timeout=4)
    log = broker.log_path.read_text()
    assert "peer did not return a certificate" in log and "the client's certificate: " in log
    stores.issue("nobody", "/CN=nobody")  # signed, but no rule knows it
    with pytest.raises(KafkaException):
        AdminClient(rdkafka(stores, broker.kafka, "nobody")).list_topics(timeout=4)
    assert "no rule of kafka.ssl.principal.mapping.rules matches 'CN=nobody'" in broker.log_path.read_text()


def test_scram_inside_tls_and_two_listeners(brokers, stores, tmp_path, jars):
    users = tmp_path / "users"
    users.write_text(USERS)
    broker = brokers(settings=stores.settings(**{
        "kafka.listeners": "INSIDE://127.0.0.1:0,OUTSIDE://localhost:0", "kafka.listener.security.protocol.map": "INSIDE:PLAINTEXT,OUTSIDE:SASL_SSL",
        "kafka.sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN", "kafka.sasl.users.file": str(users)})).start()
    inside, outside = address_of(broker, "INSIDE"), address_of(broker, "OUTSIDE")
    sasl = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "alice", "sasl_password": "alice-secret", "security_protocol": "SASL_SSL"}
    secure, plain = rdkafka(stores, outside, **sasl), {"bootstrap.servers": inside}
    for config, address in ((secure, outside), (plain, inside)):
        (node,) = AdminClient(config).list_topics(timeout=10).brokers.values()
        assert f"{node.host}:{node.port}" == address
    produce(secure, "t", b"from outside")
    produce(plain, "t", b"from inside")
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    properties = java_properties(tmp_path / "p", stores, None, protocol="SASL_SSL", lines=[
        "sasl.mechanism=SCRAM-SHA-512", f'sasl.jaas.config={module} required username="alice" password="alice-secret";'])
    java_client.console_producer(outside, "t", ["from java"], "--producer.config", properties)
    values = [b"from outside", b"from inside", b"from java"]
    assert consume(secure, "t", 3) == values
    assert consume({**plain, "group.id": "h"}, "t", 3) == values
    with pytest.raises(KafkaException):
        AdminClient(rdkafka(stores, outside, **{**sasl, "sasl_password": "wrong"})).list_topics(timeout=4)


def test_the_wrong_protocol_is_told_in_the_log(brokers, stores):
    broker = brokers(settings=stores.settings(**{"kafka.listeners": "PLAINTEXT://localhost:0,SSL://localhost:0"})).start()
    for address, config in ((address_of(broker, "SSL"), {}), (address_of(broker, "PLAINTEXT"), rdkafka(stores, ""))):
        with pytest.raises(KafkaException):
            AdminClient({**config, "bootstrap.servers": address}).list_topics(timeout=3)
    log = broker.log_path.read_text()
    assert "it does not speak TLS, which this listener does" in log
    assert "it speaks TLS, which this listener does not" in log


def test_new_certificates_under_live_connections(brokers, stores):
    broker = brokers(settings=stores.settings(**{"kafka.listeners": "SSL://localhost:0", "kafka.ssl.reload.interval.ms": 100})).start()
    host, port = broker.kafka.rsplit(":", 1)
    context = ssl.create_default_context(cafile=str(stores.ca))

    def serial():
        with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname="localhost") as connection:
            return connection.getpeercert()["serialNumber"]

    producer = Producer(rdkafka(stores, broker.kafka))
    producer.produce("t", b"before")
    assert producer.flush(30) == 0
    first = serial()
    stores.issue("server", "/CN=localhost", days=30)  # key and certificate come one after the other
    wait_until(lambda: serial() != first, 20, "the new certificate")
    second = serial()
    (stores.path / "server.crt").write_text("broken")
    wait_until(lambda: "the new certificates are not used" in broker.log_path.read_text(), 20, "the complaint")
    assert serial() == second
    producer.produce("t", b"after")
    assert producer.flush(30) == 0
    opened = broker.metrics()["kafka_connections_opened_total"]
    producer.produce("t", b"still the same connection")
    assert producer.flush(30) == 0
    assert broker.metrics()["kafka_connections_opened_total"] == opened


class Issuer:
    """Signs tokens by RS256 with the openssl program, and serves its keys."""

    def __init__(self, path):
        self.path = path
        self.served = 0
        self.rotate("k1")
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.served += 1
                body = json.dumps(issuer.keys).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def rotate(self, kid):
        self.kid = kid
        openssl("genrsa", "-out", self.path / "token.key", 2048)
        modulus = openssl("rsa", "-in", self.path / "token.key", "-noout", "-modulus").decode().strip().split("=")[1]
        self.keys = {"keys": [{"kty": "RSA", "use": "sig", "kid": kid, "n": url64(bytes.fromhex(modulus)), "e": "AQAB"}]}

    def token(self, seconds=3600, **claims):
        header = url64(json.dumps({"alg": "RS256", "kid": self.kid}).encode())
        body = {"sub": "alice", "aud": "kafka", "iss": "test", "iat": int(time.time()), "exp": int(time.time()) + seconds, **claims}
        text = f"{header}.{url64(json.dumps(body).encode())}"
        return f"{text}.{url64(openssl('dgst', '-sha256', '-sign', self.path / 'token.key', data=text.encode()))}"


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def issuer(tmp_path):
    issuer = Issuer(tmp_path)
    yield issuer
    issuer.server.shutdown()


def token_settings(stores, issuer):
    return stores.settings(**{
        "kafka.listeners": "SASL_SSL://localhost:0", "kafka.sasl.enabled.mechanisms": "OAUTHBEARER",
        "kafka.sasl.oauthbearer.jwks.endpoint.url": f"http://127.0.0.1:{issuer.server.server_port}/keys",
        "kafka.sasl.oauthbearer.expected.audience": "kafka", "kafka.sasl.oauthbearer.expected.issuer": "test"})


def token_client(stores, broker, make, calls=None):
    def login(_):
        if calls is not None:
            calls.append(1)
        token, seconds = make()
        return token, time.time() + seconds

    return {**rdkafka(stores, broker.kafka), "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER", "oauth_cb": login}


def test_tokens(brokers, stores, issuer):
    broker = brokers(settings=token_settings(stores, issuer)).start()
    good = token_client(stores, broker, lambda: (issuer.token(), 3600))
    produce(good, "t", b"by token")
    assert consume(good, "t", 1) == [b"by token"]
    for make in (lambda: issuer.token(seconds=-600), lambda: issuer.token(aud="other"), lambda: issuer.token(iss="other"),
                 lambda: issuer.token()[:-8] + "AAAAAAAA"):
        with pytest.raises(KafkaException):
            AdminClient(token_client(stores, broker, lambda: (make(), 3600))).list_topics(timeout=4)
    log = broker.log_path.read_text()
    for why in ("it has expired", "it is for another audience", "another issuer", "its signature is wrong"):
        assert why in log, why
    assert "eyJ" not in log
    issuer.rotate("k2")  # the broker learns of it by the first token that names the new key
    produce(token_client(stores, broker, lambda: (issuer.token(), 3600)), "t", b"by the new key")
    assert issuer.served >= 2


def test_a_connection_outlives_its_token_by_a_new_one(brokers, stores, issuer):
    broker = brokers(settings=token_settings(stores, issuer)).start()
    calls = []
    producer = Producer(token_client(stores, broker, lambda: (issuer.token(seconds=8), 8), calls))
    end = time.monotonic() + 20
    while time.monotonic() < end:
        producer.produce("t", b"x")
        assert producer.flush(15) == 0
        time.sleep(0.5)
    assert len(calls) > 1


def test_java_by_token(brokers, stores, issuer, tmp_path, jars, monkeypatch):
    broker = brokers(settings=token_settings(stores, issuer)).start()
    token = tmp_path / "token"
    token.write_text(issuer.token())
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://{token}")
    module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
    properties = java_properties(tmp_path / "p", stores, None, protocol="SASL_SSL", lines=[
        "sasl.mechanism=OAUTHBEARER", f"sasl.oauthbearer.token.endpoint.url=file://{token}",
        f'sasl.jaas.config={module} required extension_traceId="123";',
        "sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"])
    java_client.console_producer(broker.kafka, "t", ["from java"], "--producer.config", properties)
    assert consume(token_client(stores, broker, lambda: (issuer.token(), 3600)), "t", 1) == [b"from java"]
