package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par"
)

// Answer is a line of an answers file, in the layout of LLaVA's scripts.
type Answer struct {
	QuestionID json.RawMessage `json:"question_id"`
	RoundID    *int            `json:"round_id,omitempty"`
	Prompt     string          `json:"prompt"`
	Text       string          `json:"text"`
	Options    []string        `json:"options,omitempty"`
	OptionChar []string        `json:"option_char,omitempty"`
	AnswerID   string          `json:"answer_id"`
	ModelID    string          `json:"model_id"`
	Metadata   Metadata        `json:"metadata"`
}

// Metadata is what this package adds to an answer. Other programs leave it empty.
type Metadata struct {
	Flow     string    `json:"flow,omitempty"`
	Cost     *Cost     `json:"cost,omitempty"`
	Fidelity *Fidelity `json:"fidelity,omitempty"`
}

// Cost is what an answer took.
type Cost struct {
	Vision  float64 `json:"vision_ms"` // of the image, whose features later answers share
	Router  float64 `json:"router_ms"`
	Prefill float64 `json:"prefill_ms"`
	Decode  float64 `json:"decode_ms"`

	PaperTFLOPs  float64 `json:"tflops_paper"` // of vision and prefill, as the PAR paper counts
	ActualTFLOPs float64 `json:"tflops_actual"`
	// PrefillTFLOPs are those of ActualTFLOPs that Prefill and Router take: without the
	// vision tower and the projector.
	PrefillTFLOPs float64 `json:"tflops_prefill,omitempty"`
	// ComputedTFLOPs are PrefillTFLOPs without what is masked or not read.
	ComputedTFLOPs float64 `json:"tflops_computed,omitempty"`
	CacheBytes     int64   `json:"kv_bytes"` // keys and values held at the end

	PromptTokens int     `json:"prompt_tokens"`
	ImageTokens  int     `json:"image_tokens"`
	Kept         int     `json:"image_tokens_kept"` // that entered the last layer
	KeptMean     float64 `json:"image_tokens_mean"` // averaged over all layers, 0 in skipped ones
	LayersRun    int     `json:"layers_run"`
	Tokens       int     `json:"tokens"` // generated, the end token included
}

// Fidelity compares an answer with the unpruned model's: both predict, along the
// unpruned model's greedy answer, each token from those before.
type Fidelity struct {
	KL     float64 `json:"kl"`    // of the pruned from the unpruned model, in nats, averaged over tokens
	Agree  float64 `json:"agree"` // share of tokens whose likeliest is the same
	Exact  bool    `json:"exact"` // the greedy answer is the same, token for token
	Tokens int     `json:"tokens"`
}

// newAnswer makes the line for a reply.
func newAnswer(q *Question, r *Reply, model, flow string) *Answer {
	a := &Answer{QuestionID: q.ID, Prompt: q.Prompt, Text: r.Text, ModelID: model, Metadata: Metadata{flow, r.Cost, r.Fidelity}}
	if q.Round != nil {
		round := q.Round.Index
		a.RoundID, a.Options, a.OptionChar = &round, q.Round.Options, q.Round.Letters
	}
	// The same answer to the same question has the same id, in whatever run.
	h := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%v\n%s", model, flow, q.key(), r.Text))
	a.AnswerID = hex.EncodeToString(h[:11])
	return a
}

func (a *Answer) key() key {
	k := key{canonicalID(a.QuestionID), a.Prompt, 0}
	if a.RoundID != nil {
		k.round = *a.RoundID
	}
	return k
}

// newCost reads what a generation took. vision is that of its image.
func newCost(res *lvlm.Result, arch *par.Architecture, router *par.Router, vision float64) *Cost {
	paper, actual, computed := arch.RunFLOPs(res, router)
	sum := 0
	for _, n := range res.Outcome.Entered {
		sum += n
	}
	t := res.Timings
	return &Cost{
		Vision: vision, Router: ms(t.Router), Prefill: ms(t.Prefill), Decode: ms(t.Decode),
		PaperTFLOPs: paper.Total / 1e12, ActualTFLOPs: actual.Total / 1e12, CacheBytes: res.CacheBytes,
		PrefillTFLOPs: (actual.Total - actual.Vision) / 1e12, ComputedTFLOPs: (computed.Total - computed.Vision) / 1e12,
		PromptTokens: len(res.Prompt.IDs), ImageTokens: res.Prompt.ImageTokens(), Kept: len(res.Outcome.Kept),
		KeptMean: float64(sum) / float64(max(1, res.Layers)), LayersRun: res.Layers - len(res.Outcome.Skipped), Tokens: len(res.TokenIDs),
	}
}

// encode writes v as a line of JSON that leaves <, > and & as they are.
func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
