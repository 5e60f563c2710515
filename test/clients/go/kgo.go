// Package clients names what install.sh builds, so that go.mod keeps it.
package clients

import _ "github.com/twmb/franz-go/pkg/kgo"
