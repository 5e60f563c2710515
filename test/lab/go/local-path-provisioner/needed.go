//go:build needed

// Package needed is what a program is built from. Nobody can import a program, so this is never built.
package needed

import _ "github.com/rancher/local-path-provisioner"
