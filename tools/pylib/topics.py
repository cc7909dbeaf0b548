"""Topics through kafka-python's admin client."""
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

# Small segments, in the store at once, off the local disk as soon as they are archived.
TIERED = {"segment.bytes": str(1 << 20), "remote.storage.enable": "true", "local.retention.bytes": "1", "retention.ms": "-1"}


def create(address, topic, partitions=1, configs=None):
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs or {})])
    finally:
        admin.close()


def delete(address, topic):
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        admin.delete_topics([topic])
    finally:
        admin.close()


def alter(address, topic, configs):
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=configs)])
    finally:
        admin.close()


def end(address, topic):
    """The sum of the end offsets of its partitions."""
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=None)
    try:
        partitions = [TopicPartition(topic, index) for index in consumer.partitions_for_topic(topic) or ()]
        return sum(consumer.end_offsets(partitions).values())
    finally:
        consumer.close()
