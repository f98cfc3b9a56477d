package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-par/par/par/chart"
	"github.com/go-par/par/par/train"
	"github.com/go-par/par/tensor/atomicfile"
)

// trainLog writes what each step did, as JSON lines and as a table.
type trainLog struct {
	lines, table *os.File
	csv          *csv.Writer
}

func newTrainLog(dir string) (*trainLog, error) {
	l := new(trainLog)
	var err error
	if l.lines, err = os.OpenFile(filepath.Join(dir, "log.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		return nil, err
	}
	if l.table, err = os.OpenFile(filepath.Join(dir, "log.csv"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		l.lines.Close()
		return nil, err
	}
	l.csv = csv.NewWriter(l.table)
	if st, err := l.table.Stat(); err == nil && st.Size() == 0 {
		return l, l.csv.Write([]string{"step", "epoch", "loss", "accuracy", "rate", "grad_norm", "seconds"})
	}
	return l, nil
}

func (l *trainLog) write(s train.Step) error {
	if err := json.NewEncoder(l.lines).Encode(s); err != nil {
		return err
	}
	num := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	if err := l.csv.Write([]string{strconv.Itoa(s.Step), strconv.Itoa(s.Epoch), num(s.Loss), num(s.Accuracy), num(s.Rate), num(s.Norm), num(s.Seconds)}); err != nil {
		return err
	}
	l.csv.Flush()
	return l.csv.Error()
}

func (l *trainLog) close() {
	l.csv.Flush()
	l.lines.Close()
	l.table.Close()
}

// drawCurves draws the losses and accuracies of all steps in dir's log, also those
// of runs before this one, to curves.png.
func drawCurves(dir string) error {
	path := filepath.Join(dir, "log.jsonl")
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	loss, accuracy := chart.Series{Name: "loss", Line: true}, chart.Series{Name: "pairs ranked right", Line: true}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var s train.Step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		// A run that went on from a checkpoint repeats the steps behind it.
		for k := len(loss.Points); k > 0 && loss.Points[k-1].X >= float64(s.Step); k-- {
			loss.Points, accuracy.Points = loss.Points[:k-1], accuracy.Points[:k-1]
		}
		loss.Points = append(loss.Points, chart.Point{X: float64(s.Step), Y: s.Loss})
		accuracy.Points = append(accuracy.Points, chart.Point{X: float64(s.Step), Y: s.Accuracy})
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c := chart.Chart{Title: "Training the router", X: chart.Axis{Label: "step"}, Y: chart.Axis{Label: "preference loss; share of pairs"}, Series: []chart.Series{loss, accuracy}}
	return atomicfile.Write(filepath.Join(dir, "curves.png"), func(w io.Writer) error { return c.WritePNG(w) })
}
