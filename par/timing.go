package par

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/tensor/atomicfile"
)

// Timing tells how long a decoder layer takes on this machine.
type Timing struct {
	Model   string  `json:"model"` // Fingerprint, and the type of the weights
	Machine string  `json:"machine"`
	Layer   []Point `json:"layer"` // by ascending rows
	Head    float64 `json:"head_ms"`
}

// Point is a measured time.
type Point struct {
	Rows int     `json:"rows"`
	Ms   float64 `json:"ms"`
}

// timedRows are the numbers of rows at which layers are timed. Between them time is
// about linear, as products with the weights outweigh attention.
var timedRows = []int{16, 64, 160, 320, 640, 1280}

// MeasureTiming times the model's decoder. It takes a few layers' runs.
func MeasureTiming(ctx context.Context, m *lvlm.Model) (*Timing, error) {
	t := &Timing{Model: timedModel(m), Machine: machine(m)}
	for _, n := range timedRows {
		if n > m.Config.Text.Context {
			break
		}
		layer, head, err := m.TimeLayer(ctx, n)
		if err != nil {
			return nil, err
		}
		t.Layer = append(t.Layer, Point{n, ms(layer)})
		t.Head = ms(head)
	}
	return t, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func timedModel(m *lvlm.Model) string {
	return Fingerprint(m) + " " + m.Decoder.Layers[0].MLP.Gate.W.Type().String()
}

// machine names what times depend on.
func machine(m *lvlm.Model) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s %s/%s %s, %d threads", host, runtime.GOOS, runtime.GOARCH, asm.Tier(), m.Pool.Threads())
}

// CachedTiming returns the timing that was measured before for this model and
// machine and is kept in the user's cache directory, or measures it. measured says
// which.
func CachedTiming(ctx context.Context, m *lvlm.Model) (t *Timing, measured bool, err error) {
	path, err := timingPath(m)
	if err == nil {
		if t, err := readTiming(path, m); err == nil {
			return t, false, nil
		}
	}
	if t, err = MeasureTiming(ctx, m); err != nil {
		return nil, true, err
	}
	if path != "" {
		// A cache that can't be written costs the next run its time and nothing else.
		_ = t.save(path)
	}
	return t, true, nil
}

func timingPath(m *lvlm.Model) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	h := sha256.Sum256([]byte(timedModel(m) + "\n" + machine(m)))
	return filepath.Join(dir, "par", "timing-"+hex.EncodeToString(h[:8])+".json"), nil
}

// readTiming reads a timing and makes sure that it is one of this model and
// machine.
func readTiming(path string, m *lvlm.Model) (*Timing, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := new(Timing)
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	sound := len(t.Layer) > 0 && t.Model == timedModel(m) && t.Machine == machine(m)
	for i, p := range t.Layer {
		sound = sound && p.Rows > 0 && p.Ms > 0 && (i == 0 || p.Rows > t.Layer[i-1].Rows)
	}
	if !sound {
		return nil, fmt.Errorf("%s: not the timing of this model and machine", path)
	}
	return t, nil
}

func (t *Timing) save(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// layer returns the time of one layer over n rows, in milliseconds: linear between
// the points and beyond them.
func (t *Timing) layer(n int) float64 {
	i, ok := slices.BinarySearchFunc(t.Layer, n, func(p Point, n int) int { return p.Rows - n })
	switch last := len(t.Layer) - 1; {
	case ok:
		return t.Layer[i].Ms
	case last == 0 || i == 0:
		return t.Layer[0].Ms * float64(n) / float64(t.Layer[0].Rows)
	default:
		i = min(i, last)
		a, b := t.Layer[i-1], t.Layer[i]
		return a.Ms + (b.Ms-a.Ms)*float64(n-a.Rows)/float64(b.Rows-a.Rows)
	}
}

// prefill estimates the time of decoder and router. A router's part is to its
// FLOPs what a layer's time is to a layer's.
func (t *Timing) prefill(a *Architecture, l Load) time.Duration {
	rows := l.Text + a.images(l)
	from := min(l.FromLayer, l.Layers)
	sum := float64(from)*t.layer(rows) + float64(l.Layers-from)*t.layer(l.Text+l.Tokens) + t.Head
	if r := a.router(l, rows); r > 0 {
		n := rows + a.Text.Layers
		sum += r / decoderLayer(&a.Text, n) * t.layer(n)
	}
	return time.Duration(sum * float64(time.Millisecond))
}
