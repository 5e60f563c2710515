"""Sends numbers to each partition of a topic, in order, idempotent: produce.py SERVERS TOPIC PARTITIONS NAME INTERVAL_MS

A value is `NAME NUMBER`. Prints `ack PARTITION NUMBER OFFSET` or `error PARTITION NUMBER why` for each, until its
stdin ends; then `end` once all are acknowledged. It gives up only what is outstanding when librdkafka calls an error
a fatal one: it prints `fatal why`, and goes on as another producer.
"""

import os
import sys
import threading

from confluent_kafka import KafkaException, Producer

SETTINGS = {
    "log_level": 0,
    "acks": "all",
    "enable.idempotence": True,
    "message.timeout.ms": 0,  # for ever
    "retries": 2147483647,
    "linger.ms": 2,
    "socket.timeout.ms": 3000,
    "retry.backoff.ms": 20,
    "retry.backoff.max.ms": 200,
    "reconnect.backoff.ms": 10,
    "reconnect.backoff.max.ms": 200,
    "topic.metadata.refresh.fast.interval.ms": 50,
}


def main(servers, topic, partitions, name, interval_ms):
    ended = threading.Event()
    threading.Thread(target=wait_for_end, args=(ended,), daemon=True).start()
    turn = 0
    while True:
        producer = Producer({"bootstrap.servers": servers, **SETTINGS, **debug()})
        try:
            while not ended.is_set() or len(producer) > 0:
                producer.poll(float(interval_ms) / 1e3)
                if ended.is_set():
                    continue
                number, partition = divmod(turn, int(partitions))
                value, tell = f"{name} {number}", told(partition, number)
                try:
                    producer.produce(topic, value, partition=partition, on_delivery=tell)
                    turn += 1
                except BufferError:
                    pass  # nothing is acknowledged just now
            break
        except KafkaException as error:
            print("fatal", error, flush=True)
            purge(producer)
    print("end", flush=True)


def debug():
    """What librdkafka is to say of itself on stderr, as `eos,msg`."""
    wanted = os.environ.get("RDKAFKA_DEBUG")
    return {} if wanted is None else {"debug": wanted, "log_level": 7}


def purge(producer):
    producer.purge()
    while len(producer) > 0:
        try:
            producer.poll(0.1)
        except KafkaException:
            pass  # the same again


def told(partition, number):
    def on_delivery(error, message):
        if error is None:
            print("ack", partition, number, message.offset(), flush=True)
        else:
            print("error", partition, number, error, flush=True)

    return on_delivery


def wait_for_end(ended):
    sys.stdin.read()
    ended.set()


main(*sys.argv[1:])
