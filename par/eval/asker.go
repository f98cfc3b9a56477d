package eval

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
	"github.com/go-par/par/tensor"
)

// Flow is one row of the grid.
type Flow struct {
	Name    string // in tables and folder names: the method and its budget
	Method  string // of package par; "none" for the unpruned model
	Options par.Options
	Files   []File // that Options were read from; answers given with other contents don't count
}

// File is a file on the disk or, where FS is not nil, of that file system.
type File struct {
	FS   fs.FS
	Path string
}

// digest returns a hash of the content.
func (f File) digest() (string, error) {
	read := os.ReadFile
	if f.FS != nil {
		read = func(name string) ([]byte, error) { return fs.ReadFile(f.FS, name) }
	}
	b, err := read(f.Path)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}

// Full reports whether nothing is pruned.
func (f *Flow) Full() bool { return f.Method == "none" }

// flow returns what a question is asked under.
func (f *Flow) flow(question string) (lvlm.Flow, error) {
	if f.Full() {
		return par.Everything{}, nil
	}
	o := f.Options
	o.Question = question
	return par.New(f.Method, o)
}

// Asker answers questions.
type Asker interface {
	// Begin makes a question the one that is asked from here on.
	Begin(q *Question, maxTokens int) error
	// Ask answers it. compare asks for the answer's Fidelity, too.
	Ask(ctx context.Context, f *Flow, compare bool) (*Reply, error)
}

// Reply is an answer and what it took.
type Reply struct {
	Text     string
	Cost     *Cost
	Fidelity *Fidelity
}

// ModelAsker asks a model. It decodes and encodes an image once for all questions
// about it that follow each other, and all Flows.
type ModelAsker struct {
	Model     *lvlm.Model
	Template  string // of Model.Format
	ImageMode string // "crop" or "pad"; "" does as the checkpoint says

	arch    *par.Architecture
	session *lvlm.Session
	image   Image
	picture *preprocess.RGB
	vision  float64 // ms that encoding the picture took

	question string
	request  lvlm.Request

	// The unpruned model's answer to the question, where it was asked for, and its
	// logits along it.
	ids    []int32
	logits tensor.Tensor
}

func (m *ModelAsker) Begin(q *Question, maxTokens int) error {
	if m.session == nil {
		m.session, m.arch = m.Model.NewSession(), par.ArchitectureOf(m.Model.Config)
	}
	m.question = q.Text
	m.request = lvlm.Request{MaxTokens: maxTokens, ImageMode: m.ImageMode}
	m.ids, m.logits = nil, tensor.Tensor{}
	images := 0
	if !q.Image.None() {
		if err := m.open(q.Image); err != nil {
			return err
		}
		images, m.request.Images = 1, []*preprocess.RGB{m.picture}
	}
	var err error
	m.request.Prompt, err = m.Model.Format(m.Template, []chat.Message{{Role: "user", Content: q.Text, Images: images}})
	return err
}

// open decodes an image, if it is not the one before.
func (m *ModelAsker) open(image Image) (err error) {
	if image == m.image && m.picture != nil {
		return nil
	}
	m.picture, m.image, m.vision = nil, image, 0
	if image.Path != "" {
		m.picture, err = preprocess.DecodeFile(image.Path)
		return err
	}
	data, err := base64.StdEncoding.DecodeString(image.Base64)
	if err != nil {
		return fmt.Errorf("image: %w", err)
	}
	if m.picture, err = preprocess.Decode(data, preprocess.Limits{}); err != nil {
		return fmt.Errorf("image: %w", err)
	}
	return nil
}

func (m *ModelAsker) Ask(ctx context.Context, f *Flow, compare bool) (*Reply, error) {
	res, err := m.generate(ctx, f)
	if err != nil {
		return nil, err
	}
	vision := 0.0
	if len(m.request.Images) > 0 {
		vision = m.vision
	}
	reply := &Reply{Text: strings.TrimSpace(res.Text), Cost: newCost(res, m.arch, f.Options.Router, vision)}
	if compare {
		reply.Fidelity, err = m.compare(ctx, f, res.TokenIDs)
	}
	return reply, err
}

// full is the Flow that others are compared with.
var full = Flow{Method: "none"}

// generate answers the question greedily.
func (m *ModelAsker) generate(ctx context.Context, f *Flow) (*lvlm.Result, error) {
	var err error
	if m.request.Flow, err = f.flow(m.question); err != nil {
		return nil, err
	}
	for _, err := range m.session.Generate(ctx, m.request) {
		if err != nil {
			return nil, err
		}
	}
	res := m.session.Result()
	if v := ms(res.Timings.Vision); v > 0 {
		m.vision = v
	}
	if f.Full() {
		m.ids = res.TokenIDs
	}
	return res, nil
}

// compare measures how like the unpruned model's a Flow's answer is.
func (m *ModelAsker) compare(ctx context.Context, f *Flow, ids []int32) (*Fidelity, error) {
	if f.Full() {
		return &Fidelity{Agree: 1, Exact: true, Tokens: len(ids)}, nil
	}
	if m.ids == nil {
		if _, err := m.generate(ctx, &full); err != nil {
			return nil, err
		}
	}
	var err error
	if m.logits.Rows == 0 {
		if m.logits, err = m.force(ctx, &full); err != nil {
			return nil, err
		}
	}
	pruned, err := m.force(ctx, f)
	if err != nil {
		return nil, err
	}
	vocab := min(m.Model.Tokenizer.Size(), m.logits.Cols)
	out := &Fidelity{Tokens: len(m.ids), Exact: slices.Equal(ids, m.ids)}
	if out.KL, err = par.Divergence(m.logits, pruned, vocab); err != nil {
		return nil, err
	}
	same := 0
	for i := range pruned.Rows {
		if likeliest(pruned.Row(i)[:vocab]) == likeliest(m.logits.Row(i)[:vocab]) {
			same++
		}
	}
	out.Agree = float64(same) / float64(pruned.Rows)
	return out, nil
}

// force returns the logits along the unpruned model's answer.
func (m *ModelAsker) force(ctx context.Context, f *Flow) (tensor.Tensor, error) {
	var err error
	if m.request.Flow, err = f.flow(m.question); err != nil {
		return tensor.Tensor{}, err
	}
	return m.session.Force(ctx, m.request, m.ids)
}

// likeliest returns the index of the largest value, of equal ones the first.
func likeliest(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// ms returns a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
