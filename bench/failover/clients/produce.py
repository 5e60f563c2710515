"""Sends a number each few ms to partition 0 of a topic: produce.py BOOTSTRAP_SERVERS TOPIC INTERVAL_MS name=value...

Prints `ack NUMBER SENT_MS ACKED_MS` or `error NUMBER SENT_MS TOLD_MS why` for each, by the monotonic clock
of the machine, until its stdin ends; then `end COUNT` once all are acknowledged or given up.
"""

import sys
import threading
import time

from confluent_kafka import Producer


def main(bootstrap_servers, topic, interval_ms, *settings):
    config = dict(setting.split("=", 1) for setting in settings)
    producer = Producer({"bootstrap.servers": bootstrap_servers, "error_cb": complain, **config})
    ended = threading.Event()
    threading.Thread(target=wait_for_end, args=(ended,), daemon=True).start()
    interval_s = float(interval_ms) / 1e3
    due_s = time.monotonic()
    number = 0
    while not ended.is_set():
        left_s = due_s - time.monotonic()
        if left_s > 0:
            producer.poll(left_s)  # calls back as soon as something is known
            continue
        producer.produce(topic, str(number), partition=0, on_delivery=told(number, now_ms()))
        number += 1
        due_s += interval_s
    producer.flush()
    print(f"end {number}", flush=True)


def told(number, sent_ms):
    def on_delivery(error, _message):
        if error is None:
            print(f"ack {number} {sent_ms:.3f} {now_ms():.3f}", flush=True)
        else:
            print(f"error {number} {sent_ms:.3f} {now_ms():.3f} {error}", flush=True)

    return on_delivery


def complain(error):
    if error.fatal():
        print(error, file=sys.stderr, flush=True)


def wait_for_end(ended):
    sys.stdin.read()
    ended.set()


def now_ms():
    return time.monotonic_ns() / 1e6


main(*sys.argv[1:])
