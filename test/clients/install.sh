#!/usr/bin/env bash
# Installs the foreign clients that are no npm packages, where they are missing: kcat from Debian (as
# root), Python's confluent-kafka in a virtual environment outside the checkout, and the suite of
# franz-go, which is built there too. The tests that need one skip without it. May be run again at any time.
set -euo pipefail

confluent_kafka=2.16.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kavka
venv=$cache/python-clients

main() {
  install_kcat || echo 'kcat is missing' >&2
  install_confluent_kafka || echo "confluent-kafka $confluent_kafka is missing" >&2
  install_franz_go || echo 'the suite of franz-go is missing' >&2
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

# Of the version in go/go.mod, which is in the name of what is built.
install_franz_go() {
  command -v go >/dev/null || return
  local package=github.com/twmb/franz-go/pkg/kgo version
  cd "$(dirname "${BASH_SOURCE[0]}")/go" || return
  version=$(go list -m -f '{{.Version}}' github.com/twmb/franz-go) || return
  local to=$cache/franz-go-$version
  mkdir -p "$to"
  if [[ ! -x $to/kgo.test ]]; then
    go test -mod=readonly -c -o "$to/partial" "$package" && mv "$to/partial" "$to/kgo.test" || return
  fi
  if [[ ! -x $to/kgo-patient.test ]]; then build_patient_franz_go "$to"; fi
}

# The suite takes it for a failure where nobody listens at an address for a moment, as while a broker is
# started again. In this one its dialer that kills connections (KGO_TEST_CHAOS) waits for brokers instead.
build_patient_franz_go() {
  local copy built
  copy=$(mktemp -d) || return
  cp -r "$(go list -m -f '{{.Dir}}' github.com/twmb/franz-go)/." "$copy" && chmod -R u+w "$copy"
  sed -i -e 's/:= (&net.Dialer{}).DialContext(ctx, network, host)/:= dialPatiently(ctx, network, host)/' \
    -e 's/lifetime := 500\*time.Millisecond + /lifetime := time.Hour + /' "$copy/pkg/kgo/helpers_test.go"
  cat >"$copy/pkg/kgo/patient_test.go" <<'GO'
package kgo

import (
	"context"
	"net"
	"time"
)

func dialPatiently(ctx context.Context, network, host string) (net.Conn, error) {
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, host)
		if err == nil || ctx.Err() != nil || time.Since(start) > 8*time.Second {
			return conn, err
		}
	}
}
GO
  (cd "$copy/pkg/kgo" && go test -c -o "$1/partial" .) && mv "$1/partial" "$1/kgo-patient.test"
  built=$?
  rm -rf "$copy"
  return $built
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
