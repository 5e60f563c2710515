#!/usr/bin/env bash
# Installs the foreign clients that are no npm packages, where they are missing: kcat from Debian (as
# root), and Python's confluent-kafka in a virtual environment outside the checkout. The tests that
# need one skip without it. May be run again at any time.
set -euo pipefail

confluent_kafka=2.16.1
venv=${XDG_CACHE_HOME:-$HOME/.cache}/kavka/python-clients

main() {
  install_kcat || echo 'kcat is missing' >&2
  install_confluent_kafka || echo "confluent-kafka $confluent_kafka is missing" >&2
}

install_kcat() {
  if command -v kcat >/dev/null; then return; fi
  can_install && install_package kcat
}

install_confluent_kafka() {
  if [[ $(version_in_venv) == "$confluent_kafka" ]]; then return; fi
  make_venv && "$venv/bin/python" -m pip install --disable-pip-version-check \
    --only-binary :all: "confluent-kafka==$confluent_kafka"
}

# Debian keeps what venv needs in a package of its own.
make_venv() {
  if python3 -m venv --clear "$venv"; then return; fi
  can_install && install_package python3-venv && python3 -m venv --clear "$venv"
}

can_install() {
  command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]
}

install_package() {
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1"
}

version_in_venv() {
  "$venv/bin/python" -c 'import confluent_kafka; print(confluent_kafka.version())' 2>/dev/null || true
}

main
