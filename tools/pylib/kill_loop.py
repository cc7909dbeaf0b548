"""A client that produces with acks=all until its broker is killed under it."""
import contextlib
import threading
import time

from kafka import KafkaProducer
from kafka.errors import KafkaError


def produce_until_killed(broker, topic, life, chance, acknowledged):
    """Sends for a part of a second, kills the broker, adds {offset: value} of what it had acknowledged. Starts nothing again."""
    producer = KafkaProducer(bootstrap_servers=broker.kafka, acks="all", retries=0, linger_ms=1, max_block_ms=3000,
                             enable_idempotence=False)
    killer = threading.Timer(0.3 + chance.random() * 0.7, broker.kill)
    killer.start()
    futures = []
    while killer.is_alive():
        value = f"{life}-{len(futures)}-".encode() + chance.randbytes(300).hex().encode()
        try:
            futures.append((value, producer.send(topic, value)))
        except KafkaError:
            break
        time.sleep(0.0005)
    killer.join()
    for value, future in futures:
        if future.is_done and future.succeeded():
            acknowledged[future.value.offset] = value
    with contextlib.suppress(KafkaError):  # its broker is gone
        producer.close(0)
