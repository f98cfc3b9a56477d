//go:build !unix

package main

import (
	"log"
	"runtime"
	"time"
)

func cpuTime() time.Duration {
	log.Fatalf("-cpu: not supported on %s", runtime.GOOS)
	return 0
}
