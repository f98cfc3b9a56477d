package scenes

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"

	"github.com/go-par/par/tensor/atomicfile"
)

// The lines of the files. Question ids are unique within a file.
type (
	sceneLine struct {
		ID    string `json:"id"`
		Image string `json:"image"`
		*Scene
	}
	conversation struct {
		ID    string `json:"id"`
		Image string `json:"image"`
		Turns []turn `json:"conversations"`
	}
	turn struct {
		From  string `json:"from"`
		Value string `json:"value"`
	}
	questionLine struct {
		ID       int    `json:"question_id"`
		Image    string `json:"image"`
		Text     string `json:"text"`
		Category string `json:"category"`
	}
	popeLabel struct {
		ID    int    `json:"question_id"`
		Image string `json:"image"`
		Text  string `json:"text"`
		Label string `json:"label"`
	}
	annotation struct {
		ID      int         `json:"question_id"`
		Image   string      `json:"image_id"`
		Type    Kind        `json:"answer_type"`
		Answer  string      `json:"multiple_choice_answer"`
		Answers []vqaAnswer `json:"answers"`
	}
	vqaAnswer struct {
		ID     int    `json:"answer_id"`
		Answer string `json:"answer"`
	}
)

// imageMark stands for the picture in the first turn of a conversation.
const imageMark = "<image>"

// vqaPeople is how many people VQA has answer each question.
const vqaPeople = 10

// texts are the files that are written line by line, with the paths in the folder
// that LLaVA's evaluation scripts give them.
type texts struct {
	scenes        lines
	conversations lines
	pope          lines
	popeLabels    [Polls]lines
	vqa           lines
	annotations   lines

	polled, asked int // questions so far
}

// lines writes a value a line.
type lines struct {
	w    io.Writer
	path string
	n    int
}

func (l *lines) write(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	l.n++
	_, err := l.w.Write(b.Bytes())
	return err
}

func newTexts() *texts {
	t := &texts{
		scenes:        lines{path: "scenes.jsonl"},
		conversations: lines{path: "conversations.jsonl"},
		pope:          lines{path: "pope/llava_pope_test.jsonl"},
		vqa:           lines{path: "vqav2/llava_vqav2_mscoco_test-dev2015.jsonl"},
		annotations:   lines{path: "vqav2/annotations.json"},
	}
	for i := range t.popeLabels {
		t.popeLabels[i].path = "pope/coco/coco_pope_" + Poll(i).String() + ".json"
	}
	return t
}

// writeTexts writes everything but the pictures.
func (p *Part) writeTexts(ctx context.Context, dir string) error {
	t := newTexts()
	files := []*lines{&t.scenes, &t.conversations, &t.pope, &t.vqa, &t.annotations}
	for i := range t.popeLabels {
		files = append(files, &t.popeLabels[i])
	}
	return together(dir, files, func() error {
		if _, err := io.WriteString(t.annotations.w, `{"data_type":"scenes","annotations":[`+"\n"); err != nil {
			return err
		}
		for i := range p.Pictures {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := p.writeScene(t, i); err != nil {
				return err
			}
		}
		_, err := io.WriteString(t.annotations.w, "]}\n")
		return err
	})
}

// together opens all files, calls fill, and gives them their names if nothing failed.
func together(dir string, files []*lines, fill func() error) error {
	if len(files) == 0 {
		return fill()
	}
	return atomicfile.Write(filepath.Join(dir, filepath.FromSlash(files[0].path)), func(w io.Writer) error {
		files[0].w = w
		return together(dir, files[1:], fill)
	})
}

func (p *Part) writeScene(t *texts, i int) error {
	s := New(p.key(i))
	img := imageName(i)
	id := img[:len(img)-len(".png")]
	if err := t.scenes.write(sceneLine{id, img, s}); err != nil {
		return err
	}
	questions := s.Questions(p.Questions)
	c := conversation{ID: id, Image: img}
	for i, q := range questions {
		text := q.Text
		if i == 0 {
			text = imageMark + "\n" + text
		}
		c.Turns = append(c.Turns, turn{"human", text}, turn{"gpt", q.Answer})
	}
	if err := t.conversations.write(c); err != nil {
		return err
	}
	for _, q := range questions {
		if err := t.writeVQA(img, q); err != nil {
			return err
		}
	}
	return t.writePolls(img, s)
}

// writeVQA writes a question on which all people agree.
func (t *texts) writeVQA(img string, q Question) error {
	t.asked++
	a := annotation{ID: t.asked, Image: img, Type: q.Kind, Answer: q.Answer}
	for i := range vqaPeople {
		a.Answers = append(a.Answers, vqaAnswer{1 + i, q.Answer})
	}
	if t.annotations.n > 0 {
		if _, err := io.WriteString(t.annotations.w, ","); err != nil {
			return err
		}
	}
	if err := t.annotations.write(a); err != nil {
		return err
	}
	return t.vqa.write(questionLine{t.asked, img, q.Text, q.Kind.String()})
}

// writePolls writes two questions for each poll that has any.
func (t *texts) writePolls(img string, s *Scene) error {
	for poll := range Poll(Polls) {
		there, absent, ok := s.Poll(poll)
		if !ok {
			continue
		}
		for _, q := range []Question{there, absent} {
			t.polled++
			if err := t.pope.write(questionLine{t.polled, img, q.Text, poll.String()}); err != nil {
				return err
			}
			if err := t.popeLabels[poll].write(popeLabel{t.polled, img, q.Text, q.Answer}); err != nil {
				return err
			}
		}
	}
	return nil
}
