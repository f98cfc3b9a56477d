package preprocess

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/go-par/par/internal/folder"
)

// Limits bounds what a picture file may ask for. They are checked before its
// pixels are decoded; a zero field means the default.
//
// Beside the file, decoding allocates 4 to 6 bytes a pixel, 8 where samples have
// 16 bits, and 3 more where the picture is to be turned. Interlacing and
// progression add to that: the worst file, a progressive JPEG in four inks, takes
// 27 bytes a pixel.
type Limits struct {
	Bytes  int64 // of the file; default 256 MiB
	Pixels int64 // default 2^26, 67 megapixels
	Side   int   // pixels of either side; default 2^17
}

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 256 << 20
	}
	if l.Pixels == 0 {
		l.Pixels = 1 << 26
	}
	if l.Side == 0 {
		l.Side = 1 << 17
	}
	return l
}

// format is a picture format, told by its first bytes.
type format struct {
	name   string
	magics []string
	config func(data []byte) (image.Config, error)
	decode func(data []byte, c image.Config) (*RGB, error)
}

var formats = []format{
	{"PNG", []string{"\x89PNG\r\n\x1a\n"}, pngConfig, decodePNG},
	{"JPEG", []string{"\xff\xd8\xff"}, jpegConfig, decodeJPEG},
	{"GIF", []string{"GIF87a", "GIF89a"}, gifConfig, decodeGIF},
}

// DecodeFile reads a picture file of at most the default limits. Errors name the
// file.
func DecodeFile(path string) (*RGB, error) {
	data, err := folder.ReadFile(path, Limits{}.withDefaults().Bytes)
	if err != nil {
		return nil, err
	}
	img, err := Decode(data, Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return img, nil
}

// Decode reads a PNG, JPEG or GIF (its first frame). It returns what Pillow's
// exif_transpose and convert("RGB") make of the file, except that transparent
// pixels are composited onto white.
func Decode(data []byte, limits Limits) (*RGB, error) {
	l := limits.withDefaults()
	if int64(len(data)) > l.Bytes {
		return nil, fmt.Errorf("picture of %d bytes, more than the %d allowed", len(data), l.Bytes)
	}
	for _, f := range formats {
		for _, magic := range f.magics {
			if !bytes.HasPrefix(data, []byte(magic)) {
				continue
			}
			img, err := f.read(data, l)
			if err != nil {
				return nil, fmt.Errorf("%s picture: %w", f.name, err)
			}
			return img, nil
		}
	}
	return nil, fmt.Errorf("not a PNG, JPEG or GIF picture (starts with %q)", data[:min(len(data), 8)])
}

func (f *format) read(data []byte, l Limits) (*RGB, error) {
	c, err := f.config(data)
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 {
		return nil, fmt.Errorf("size %d x %d", c.Width, c.Height)
	}
	if c.Width > l.Side || c.Height > l.Side {
		return nil, fmt.Errorf("size %d x %d, a side is longer than the %d pixels allowed", c.Width, c.Height, l.Side)
	}
	if int64(c.Width)*int64(c.Height) > l.Pixels {
		return nil, fmt.Errorf("size %d x %d, more than the %d pixels allowed", c.Width, c.Height, l.Pixels)
	}
	return f.decode(data, c)
}

func pngConfig(data []byte) (image.Config, error)  { return png.DecodeConfig(bytes.NewReader(data)) }
func jpegConfig(data []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(data)) }
func gifConfig(data []byte) (image.Config, error)  { return gif.DecodeConfig(bytes.NewReader(data)) }

func decodePNG(data []byte, c image.Config) (*RGB, error) {
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	img, err := reduce(m, c.ColorModel == color.Gray16Model)
	if err != nil {
		return nil, err
	}
	return img.oriented(pngOrientation(data)), nil
}

// decodeGIF reads the first frame. What of the screen it leaves free is
// transparent where the frame uses transparency, else of palette entry 0.
func decodeGIF(data []byte, c image.Config) (*RGB, error) {
	m, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	frame, ok := m.(*image.Paletted)
	if !ok || len(frame.Palette) == 0 {
		return nil, fmt.Errorf("frame without a palette")
	}
	colours, transparent := onWhite(frame.Palette)
	ground := colours[0]
	if transparent {
		ground = [3]byte{255, 255, 255}
	}
	img := NewRGB(c.Width, c.Height)
	for i := 0; i < len(img.Pix); i += 3 {
		copy(img.Pix[i:], ground[:])
	}
	at := frame.Bounds()
	for y := at.Min.Y; y < at.Max.Y; y++ {
		src := frame.Pix[frame.PixOffset(at.Min.X, y):][:at.Dx()]
		dst := img.row(y)[3*at.Min.X:]
		for i, index := range src {
			copy(dst[3*i:3*i+3], colours[index][:])
		}
	}
	return img, nil
}
