package lvlm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
)

// tiny returns a LLaVA of 16 visual tokens and 6 decoder layers.
func tiny(t testing.TB) *lvlm.Model {
	t.Helper()
	m, err := lvlm.NewRandom(tinyConfig(), lvlm.Random{Seed: 1}, lvlm.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func tinyConfig() *lvlm.Config {
	return &lvlm.Config{
		ImageMode: "crop",
		Text: lvlm.TextConfig{
			Hidden: 32, Intermediate: 48, Layers: 6, Heads: 4, KVHeads: 2, HeadDim: 8,
			Context: 512, NormEps: 1e-5, RopeTheta: 10000,
		},
		Vision: &lvlm.VisionConfig{
			Hidden: 24, Intermediate: 40, Layers: 3, Heads: 2, ImageSize: 32, PatchSize: 8,
			NormEps: 1e-5, Act: tensor.QuickGELU, FeatureLayers: []int{2},
		},
		Projector: &lvlm.ProjectorConfig{Act: tensor.GELU},
	}
}

// noise returns a picture of random pixels.
func noise(seed uint64, w, h int) *preprocess.RGB {
	img := preprocess.NewRGB(w, h)
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range img.Pix {
		img.Pix[i] = byte(rng.Uint32())
	}
	return img
}

func question(images ...*preprocess.RGB) lvlm.Request {
	return lvlm.Request{
		Prompt: "USER: " + strings.Repeat(lvlm.ImageMark, len(images)) + "\nwhat? ASSISTANT:", Images: images,
		MaxTokens: 6, IgnoreEOS: true,
	}
}

func fixed(t testing.TB, from int, keep, skip []int) lvlm.Flow {
	t.Helper()
	f, err := par.New("fixed", par.Options{FromLayer: from, Keep: keep, Skip: skip})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFullFlow: a flow that keeps everything computes bit for bit what no flow does.
func TestFullFlow(t *testing.T) {
	m := tiny(t)
	all := make([]int, 16)
	for i := range all {
		all[i] = i
	}
	req := question(noise(1, 40, 30))
	plain, full := req, req
	plain.Trace, full.Trace = new(lvlm.Trace), new(lvlm.Trace)
	full.Flow = fixed(t, 2, all, nil)
	generate(t, m.NewSession(), plain)
	res := generate(t, m.NewSession(), full)
	if diff := cmp.Diff(plain.Trace, full.Trace); diff != "" {
		t.Errorf("trace differs (-none +full):\n%s", diff)
	}
	if len(res.Outcome.Skipped) != 0 || !slices.Equal(res.Outcome.Kept, all) {
		t.Errorf("outcome %+v", res.Outcome)
	}
}

// TestTraceChangesNothing: without a trace the last layer computes one row only;
// the answer must be the same.
func TestTraceChangesNothing(t *testing.T) {
	m := tiny(t)
	req := question(noise(1, 40, 30))
	want := generate(t, m.NewSession(), req).TokenIDs
	req.Trace = new(lvlm.Trace)
	if diff := cmp.Diff(want, generate(t, m.NewSession(), req).TokenIDs); diff != "" {
		t.Errorf("token ids (-without +with a trace):\n%s", diff)
	}
}

// TestFlowRows checks, for random flows, which rows each layer sees, that they
// keep their positions, and what the caches hold at the end.
func TestFlowRows(t *testing.T) {
	m := tiny(t)
	rng := rand.New(rand.NewPCG(7, 0))
	for range 50 {
		keep := rng.Perm(32)[:1+rng.IntN(32)]
		slices.Sort(keep)
		var skip []int
		for i := range 6 {
			if rng.IntN(3) == 0 && i != 0 {
				skip = append(skip, i)
			}
		}
		from := rng.IntN(6)
		req := question(noise(2, 32, 32), noise(3, 50, 32))
		req.Flow, req.Trace = fixed(t, from, keep, skip), new(lvlm.Trace)
		res := generate(t, m.NewSession(), req)
		checkRows(t, req.Trace, res, from, keep, skip)
	}
}

func checkRows(t *testing.T, tr *lvlm.Trace, res *lvlm.Result, from int, keep, skip []int) {
	t.Helper()
	name := fmt.Sprintf("from %d keep %v skip %v", from, keep, skip)
	var all, kept []int32
	token := 0
	for i, id := range res.Prompt.IDs {
		all = append(all, int32(i))
		if id == res.Prompt.IDs[res.Prompt.Spans[0].Start] {
			if slices.Contains(keep, token) {
				kept = append(kept, int32(i))
			}
			token++
			continue
		}
		kept = append(kept, int32(i)) // text is never dropped
	}
	if diff := cmp.Diff(all, tr.Int("positions").Data); diff != "" {
		t.Fatalf("%s: positions (-want +got):\n%s", name, diff)
	}
	decoded := int64(len(res.TokenIDs) - 1) // the last token is not fed back
	var cached int64
	for i := range 6 {
		got := tr.Int(fmt.Sprintf("rows.%d", i+1))
		if slices.Contains(skip, i) {
			if got != nil {
				t.Fatalf("%s: layer %d ran", name, i)
			}
			continue
		}
		want := all
		if i >= from {
			want = kept
		}
		if got == nil {
			t.Fatalf("%s: layer %d did not run", name, i)
		}
		if diff := cmp.Diff(want, got.Data); diff != "" {
			t.Fatalf("%s: rows of layer %d (-want +got):\n%s", name, i, diff)
		}
		cached += int64(len(want)) + decoded
	}
	// keys and values, f32, 2 heads of 8
	if want := cached * 2 * 4 * 2 * 8; res.CacheBytes != want {
		t.Fatalf("%s: caches hold %d bytes, not %d", name, res.CacheBytes, want)
	}
}

// TestSeveralTurns: a second turn that reuses the cache answers as a fresh session.
func TestSeveralTurns(t *testing.T) {
	m := tiny(t)
	s := m.NewSession()
	first := question(noise(1, 32, 32))
	answer := generate(t, s, first)
	second := first
	second.Prompt += answer.Text + " USER: and now? ASSISTANT:"
	got := generate(t, s, second)
	if got.Reused == 0 {
		t.Error("nothing of the first turn was reused")
	}
	if got.Timings.Vision != 0 {
		t.Error("the image was encoded again")
	}
	if diff := cmp.Diff(generate(t, m.NewSession(), second).TokenIDs, got.TokenIDs); diff != "" {
		t.Errorf("token ids (-fresh +continued):\n%s", diff)
	}

	// Another image behind the same text must not meet the first one's rows.
	other := first
	other.Images = []*preprocess.RGB{noise(9, 32, 32)}
	if diff := cmp.Diff(generate(t, m.NewSession(), other).TokenIDs, generate(t, s, other).TokenIDs); diff != "" {
		t.Errorf("token ids (-fresh +other image):\n%s", diff)
	}

	// After a pruned turn everything is computed again.
	pruned := first
	pruned.Flow = fixed(t, 2, []int{1, 5}, []int{3})
	generate(t, s, pruned)
	again := generate(t, s, first)
	if again.Reused != 0 {
		t.Errorf("%d rows reused from a pruned turn", again.Reused)
	}
	if diff := cmp.Diff(answer.TokenIDs, again.TokenIDs); diff != "" {
		t.Errorf("token ids (-first +again):\n%s", diff)
	}
}

func TestBadRequests(t *testing.T) {
	m := tiny(t)
	img := noise(1, 32, 32)
	for _, c := range []struct {
		name string
		req  lvlm.Request
		want string
	}{
		{"more marks than images", lvlm.Request{Prompt: "<image><image>", Images: []*preprocess.RGB{img}}, "2 <image> for 1 images"},
		{"a typed mark without an image", lvlm.Request{Prompt: "what is <image>?"}, "1 <image> for 0 images"},
		{"an image without a mark", lvlm.Request{Prompt: "hello", Images: []*preprocess.RGB{img}}, "0 <image> for 1 images"},
		{"beyond the context", lvlm.Request{Prompt: strings.Repeat("x", 600)}, "context of 512"},
		{"unknown image mode", lvlm.Request{Prompt: "<image>", Images: []*preprocess.RGB{img}, ImageMode: "stretch"}, "stretch"},
		{"negative limit", lvlm.Request{Prompt: "a", MaxTokens: -1}, "-1"},
		{"token that is not there", lvlm.Request{Prompt: "<image>", Images: []*preprocess.RGB{img}, Flow: fixed(t, 2, []int{16}, nil)}, "16"},
		{"layer that is not there", lvlm.Request{Prompt: "a", Flow: fixed(t, 2, nil, []int{6})}, "6"},
		{"pruning layer that is not there", lvlm.Request{Prompt: "a", Flow: fixed(t, 6, nil, nil)}, "6"},
	} {
		var got error
		for _, err := range m.NewSession().Generate(t.Context(), c.req) {
			got = err
		}
		if got == nil || !strings.Contains(got.Error(), c.want) {
			t.Errorf("%s: error %v does not say %q", c.name, got, c.want)
		}
	}
	// An empty text is still the start token.
	if res := generate(t, m.NewSession(), lvlm.Request{MaxTokens: 1}); len(res.Prompt.IDs) != 1 {
		t.Errorf("empty prompt has ids %v", res.Prompt.IDs)
	}
}

func TestContextEnds(t *testing.T) {
	m := tiny(t)
	res := generate(t, m.NewSession(), lvlm.Request{Prompt: strings.Repeat("x", 500), IgnoreEOS: true})
	if n := len(res.Prompt.IDs) + len(res.TokenIDs); n != 512 || res.FinishReason != lvlm.FinishLength {
		t.Errorf("%d rows at the end, finish reason %q", n, res.FinishReason)
	}
}

func TestCancel(t *testing.T) {
	m := tiny(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := m.NewSession()
	req := question(noise(1, 32, 32))
	req.MaxTokens = 400
	n := 0
	var got error
	for _, err := range s.Generate(ctx, req) {
		if n++; n == 3 {
			cancel()
		}
		got = err
	}
	if !errors.Is(got, context.Canceled) || n > 5 {
		t.Errorf("after %d tokens: %v", n, got)
	}
	// The session is usable afterwards, and so it is when the consumer breaks off.
	want := generate(t, m.NewSession(), question(noise(1, 32, 32))).TokenIDs
	if diff := cmp.Diff(want, generate(t, s, question(noise(1, 32, 32))).TokenIDs); diff != "" {
		t.Errorf("token ids after a cancelled turn (-want +got):\n%s", diff)
	}
	for range s.Generate(t.Context(), question(noise(1, 32, 32))) {
		break
	}
	if diff := cmp.Diff(want, generate(t, s, question(noise(1, 32, 32))).TokenIDs); diff != "" {
		t.Errorf("token ids after a broken turn (-want +got):\n%s", diff)
	}
}

// TestSessionsAtOnce: sessions of one model do not disturb each other.
func TestSessionsAtOnce(t *testing.T) {
	m := tiny(t)
	want := generate(t, m.NewSession(), question(noise(1, 32, 32))).TokenIDs
	errs := make(chan error)
	const sessions = 4
	for range sessions {
		go func() {
			s := m.NewSession()
			for _, err := range s.Generate(context.Background(), question(noise(1, 32, 32))) {
				if err != nil {
					errs <- err
					return
				}
			}
			if !slices.Equal(s.Result().TokenIDs, want) {
				errs <- fmt.Errorf("token ids %v, alone %v", s.Result().TokenIDs, want)
				return
			}
			errs <- nil
		}()
	}
	for range sessions {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	m, err := lvlm.NewRandom(tinyConfig(), lvlm.Random{}, lvlm.Options{Threads: 3})
	if err != nil {
		t.Fatal(err)
	}
	generate(t, m.NewSession(), question(noise(1, 32, 32)))
	m.Close()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond) // workers end on their own time
	}
	t.Errorf("%d goroutines before, %d after Close", before, runtime.NumGoroutine())
}
