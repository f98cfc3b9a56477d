package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/go-par/par/asm"
)

func versionCommand(_ context.Context, io streams, args []string) error {
	fs := newFlags(io, "version", "")
	if rest, err := parse(fs, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usagef("unexpected argument %q", rest[0])
	}
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	fmt.Fprintf(io.out, "par %s\n%s %s/%s\nCPU tier %s: %s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, asm.Tier(), asm.TierReason())
	return nil
}
