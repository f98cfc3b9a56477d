package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// bar shows how far a long job is, with its rate and the time left: on a terminal in
// one line that is overwritten, elsewhere in a plain line every so often.
type bar struct {
	w        io.Writer
	terminal bool
	quiet    bool
	label    string
	unit     string // what is counted, in the plural
	start    time.Time
	first    int // what was done before this run
	shown    time.Time
}

// plainEvery is how often a bar speaks where there is no terminal.
const plainEvery = 10 * time.Second

func newBar(w io.Writer, quiet bool, label, unit string) *bar {
	return &bar{w: w, terminal: isTerminal(w), quiet: quiet, label: label, unit: unit}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// step shows that done of total things are done. note says something about the
// latest. The first call sets what rate and time left are counted from.
func (b *bar) step(done, total int, note string) {
	now := time.Now()
	if b.start.IsZero() {
		b.start, b.first = now, done
	}
	pause := plainEvery
	if b.terminal {
		pause = 100 * time.Millisecond
	}
	if b.quiet || total <= 0 || done < total && now.Sub(b.shown) < pause {
		return
	}
	b.shown = now
	var text strings.Builder
	fmt.Fprintf(&text, "%s %d/%d %s", b.label, done, total, b.unit)
	if seconds := now.Sub(b.start).Seconds(); done > b.first && seconds > 0 {
		rate := float64(done-b.first) / seconds
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		fmt.Fprintf(&text, ", %.3g/s, %s left", rate, left.Round(time.Second))
	}
	if note != "" {
		text.WriteString(", " + note)
	}
	if !b.terminal {
		fmt.Fprintln(b.w, text.String())
		return
	}
	const width = 20
	full := done * width / total
	fmt.Fprintf(b.w, "\r\x1b[K[%s%s] %s", strings.Repeat("#", full), strings.Repeat(".", width-full), text.String())
	if done >= total {
		fmt.Fprintln(b.w)
	}
}
