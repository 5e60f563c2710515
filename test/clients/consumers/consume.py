"""Prints COUNT records of partition 0 of a topic as a JSON array, bytes as base64 or null.

consume.py BOOTSTRAP_SERVERS TOPIC COUNT
"""

import base64
import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition


def main(bootstrap_servers, topic, count):
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "client.id": "confluent-kafka",
            "group.id": "unused",  # it wants one, also for partitions assigned by hand
            "enable.auto.commit": False,
            "check.crcs": True,
            "fetch.wait.max.ms": 50,  # closing waits for the last fetch
        }
    )
    consumer.list_topics(topic)  # without a known leader, assigning asks again after 500 ms
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    records = []
    while len(records) < int(count):
        message = consumer.poll()
        if message.error():
            raise KafkaException(message.error())
        records.append(record(message))
    consumer.close()
    json.dump(records, sys.stdout)


def record(message):
    return {
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
        "key": text(message.key()),
        "value": text(message.value()),
        "headers": [[key, text(value)] for key, value in message.headers() or []],
    }


def text(value):
    return None if value is None else base64.b64encode(value).decode()


main(*sys.argv[1:])
