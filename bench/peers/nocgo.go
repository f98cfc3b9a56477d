//go:build !cgo

package main

import "log"

func main() { log.Fatal("peers calls OpenBLAS: build it with CGO_ENABLED=1") }
