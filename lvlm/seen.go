package lvlm

import (
	"fmt"

	"github.com/go-par/par/lvlm/preprocess"
)

// Seen returns the part of a picture that the vision tower sees; mode is as in
// Request.ImageMode.
func (m *Model) Seen(img *preprocess.RGB, mode string) (preprocess.Area, error) {
	if m.Vision == nil {
		return preprocess.Area{}, fmt.Errorf("the model has no vision tower")
	}
	if mode == "" {
		mode = m.Config.ImageMode
	}
	md, err := preprocess.ParseMode(mode)
	if err != nil {
		return preprocess.Area{}, fmt.Errorf("image mode: %w", err)
	}
	return m.images.Seen(img.W, img.H, md)
}
