"""Sends jobs, read from stdin as JSON, with a producer for each: see producer.ts.

produce.py BOOTSTRAP_SERVERS
"""

import base64
import json
import sys

from confluent_kafka import Producer


def main(bootstrap_servers):
    for job in json.load(sys.stdin):
        producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "client.id": "confluent-kafka",
                "compression.type": job["compression"],
                "enable.idempotence": job["idempotent"],
                "linger.ms": 60_000,  # one batch, sent by flush
                "batch.num.messages": 100_000,
            }
        )
        for record in job["records"]:
            producer.produce(
                job["topic"],
                key=to_bytes(record["key"]),
                value=to_bytes(record["value"]),
                timestamp=record["timestamp"],
                headers=[(key, to_bytes(value)) for key, value in record["headers"]],
                partition=0,
                on_delivery=check,
            )
        producer.flush()


def check(error, _message):
    if error is not None:
        sys.exit(str(error))


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


main(*sys.argv[1:])
