// Command start measures how long a program takes from its start to its first output
// and to its end, and how much memory it takes at most:
//
//	go run ./bench/start [-runs N] -- PROGRAM [ARGUMENT ...]
//
// The first run, which may have to read the program from the disk, is not counted.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

func main() {
	runs := flag.Int("runs", 21, "`runs` that are counted")
	flag.Parse()
	if flag.NArg() == 0 || *runs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := measure(os.Stdout, *runs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "start:", err)
		os.Exit(1)
	}
}

// run is what one run took.
type run struct {
	first, whole time.Duration
	peak         int64 // bytes, 0 where the system does not tell
}

func measure(w io.Writer, n int, command []string) error {
	var first, whole, peak []float64
	for i := range n + 1 {
		r, err := start(command)
		if err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		first = append(first, float64(r.first)/1e6)
		whole = append(whole, float64(r.whole)/1e6)
		peak = append(peak, float64(r.peak)/(1<<20))
	}
	fmt.Fprintf(w, "%s: medians of %d runs (least, most)\n", strings.Join(command, " "), n)
	for _, f := range []struct {
		name   string
		values []float64
	}{{"first output, ms", first}, {"end, ms", whole}, {"peak memory, MiB", peak}} {
		v := f.values
		slices.Sort(v)
		if v[len(v)-1] > 0 {
			fmt.Fprintf(w, "  %-16s  %.1f (%.1f, %.1f)\n", f.name, v[len(v)/2], v[0], v[len(v)-1])
		}
	}
	return nil
}

// start runs the program once, to its end.
func start(command []string) (r run, err error) {
	c := exec.Command(command[0], command[1:]...)
	out, err := c.StdoutPipe()
	if err != nil {
		return r, err
	}
	begin := time.Now()
	if err := c.Start(); err != nil {
		return r, err
	}
	_, none := io.ReadFull(out, make([]byte, 1))
	r.first = time.Since(begin)
	_, err = io.Copy(io.Discard, out)
	err = errors.Join(err, c.Wait())
	r.whole = time.Since(begin)
	if err == nil && none != nil {
		err = fmt.Errorf("%s: no output", command[0])
	}
	r.peak = peak(c.ProcessState)
	return r, err
}
