package train

import (
	"fmt"

	"github.com/go-par/par/par/samples"
)

// Sample is an image and a question about it.
type Sample = samples.Sample

// maxLine bounds a line of a file of pairs.
const maxLine = 16 << 20

// ReadSamples reads all samples of a file, as samples.Each does, and stops at the
// first that is malformed. Samples without an image are counted in skipped.
func ReadSamples(path, images string) (list []Sample, skipped int, err error) {
	for s, err := range samples.Each(path, images) {
		switch {
		case err != nil:
			return nil, skipped, err
		case s.Image == "":
			skipped++
		default:
			list = append(list, s.Sample)
		}
	}
	if len(list) == 0 {
		return nil, skipped, fmt.Errorf("%s: no sample with an image", path)
	}
	return list, skipped, nil
}
