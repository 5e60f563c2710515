"""Reads all of a topic as it comes: read.py SERVERS TOPIC PARTITIONS

Prints `read PARTITION OFFSET VALUE` for each record, until its stdin ends; then `end`.
"""

import os
import sys
import threading

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition


def main(servers, topic, partitions):
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "log_level": 0,
            "group.id": "unused",  # it wants one, also for partitions assigned by hand
            "enable.auto.commit": False,
            "auto.offset.reset": "error",  # what it has read may not be out of range
            "fetch.wait.max.ms": 100,
            "socket.timeout.ms": 3000,
            "reconnect.backoff.ms": 10,
            "reconnect.backoff.max.ms": 200,
            "topic.metadata.refresh.fast.interval.ms": 50,
            **debug(),
        }
    )
    ended = threading.Event()
    threading.Thread(target=wait_for_end, args=(ended,), daemon=True).start()
    own = [TopicPartition(topic, index, OFFSET_BEGINNING) for index in range(int(partitions))]
    consumer.assign(own)
    while not ended.is_set():
        for message in consumer.consume(1000, 0.1):
            if message.error():
                print("problem", message.error(), flush=True)
            else:
                print("read", message.partition(), message.offset(), message.value().decode())
        sys.stdout.flush()
    consumer.close()
    print("end", flush=True)


def debug():
    """What librdkafka is to say of itself on stderr, as `fetch,topic`."""
    wanted = os.environ.get("RDKAFKA_DEBUG")
    return {} if wanted is None else {"debug": wanted, "log_level": 7}


def wait_for_end(ended):
    sys.stdin.read()
    ended.set()


main(*sys.argv[1:])
