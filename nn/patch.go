package nn

import "github.com/go-par/par/tensor"

// PatchEmbedding cuts an image into square patches and maps each to a vector: a
// convolution whose stride is its kernel size.
type PatchEmbedding struct {
	Proj  Linear // [hidden, channels*size*size], kernel in channel, row, column order
	Size  int    // pixels on a patch's side
	Image int    // pixels on the image's side; what a whole patch does not cover is ignored
}

// Patches returns the number of patches in an image.
func (e *PatchEmbedding) Patches() int {
	side := e.Image / e.Size
	return side * side
}

// Forward embeds pixels, [channels, Image, Image], row by row into dst,
// [Patches, hidden].
func (e *PatchEmbedding) Forward(p *tensor.Pool, ws *Workspace, dst tensor.Tensor, pixels []float32) {
	channels := len(pixels) / (e.Image * e.Image)
	cols := ws.up.fit(e.Patches(), channels*e.Size*e.Size)
	e.Cut(cols, pixels)
	e.Proj.Forward(p, dst, cols, nil)
}

// Cut copies the pixels of each patch into a row of dst, [Patches,
// channels*Size*Size].
func (e *PatchEmbedding) Cut(dst tensor.Tensor, pixels []float32) {
	side, channels := e.Image/e.Size, len(pixels)/(e.Image*e.Image)
	for i := range side * side {
		y, x := i/side*e.Size, i%side*e.Size
		row := dst.Row(i)
		for c := range channels {
			for dy := range e.Size {
				from := (c*e.Image+y+dy)*e.Image + x
				row = row[copy(row, pixels[from:from+e.Size]):]
			}
		}
	}
}
