package lvlm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
)

// TestConversation: asking in turns is the same as one request with all turns in
// its prompt, and the image is encoded once.
func TestConversation(t *testing.T) {
	m := tiny(t)
	c := lvlm.Conversation{Session: m.NewSession(), Template: "vicuna_v1"}
	ask := func(text string, images ...*preprocess.RGB) *lvlm.Result {
		t.Helper()
		for _, err := range c.Ask(t.Context(), text, images, lvlm.Request{MaxTokens: 5, IgnoreEOS: true}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		return c.Session.Result()
	}
	first := ask("what?", noise(1, 32, 32))
	second := ask("and this?", noise(2, 32, 32))
	third := ask("why?")
	if second.Reused == 0 || third.Reused == 0 || third.Timings.Vision != 0 {
		t.Errorf("reused %d and %d rows, vision took %v", second.Reused, third.Reused, third.Timings.Vision)
	}
	prompt := "A chat between a curious user and an artificial intelligence assistant. " +
		"The assistant gives helpful, detailed, and polite answers to the user's questions. " +
		"USER: <image>\nwhat? ASSISTANT: " + first.Text + "</s>USER: <image>\nand this? ASSISTANT: " + second.Text + "</s>USER: why? ASSISTANT:"
	want := generate(t, m.NewSession(), lvlm.Request{
		Prompt: prompt, Images: []*preprocess.RGB{noise(1, 32, 32), noise(2, 32, 32)}, MaxTokens: 5, IgnoreEOS: true,
	})
	if diff := cmp.Diff(want.Prompt.IDs, third.Prompt.IDs); diff != "" {
		t.Errorf("prompt (-one request +turns):\n%s", diff)
	}
	if diff := cmp.Diff(want.TokenIDs, third.TokenIDs); diff != "" {
		t.Errorf("token ids (-one request +turns):\n%s", diff)
	}
	// A question that fails leaves no trace.
	for range c.Ask(t.Context(), "<image>", nil, lvlm.Request{}) {
	}
	if n := len(c.Messages()); n != 6 {
		t.Errorf("%d messages after a failed question", n)
	}
}
