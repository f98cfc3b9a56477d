package preprocess

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// pictureFiles returns the picture files of testdata by name.
func pictureFiles(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/pictures/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = data
	}
	return files
}

func encodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngChunk returns a chunk with its checksum.
func pngChunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// flatPNG returns a PNG of black pixels, its rows compressed one by one, so that
// even a large one takes little memory. channels is that of the colour type.
func flatPNG(t testing.TB, w, h, depth, colourType, channels int) []byte {
	t.Helper()
	var pixels bytes.Buffer
	z, err := zlib.NewWriterLevel(&pixels, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]byte, 1+(w*channels*depth+7)/8)
	for range h {
		if _, err := z.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.Join([][]byte{pngHead(w, h, depth, colourType), pngChunk("IDAT", pixels.Bytes()), pngChunk("IEND", nil)}, nil)
}

// pngHead returns a PNG file up to the pixels.
func pngHead(w, h, depth, colourType int) []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	head = append(head, byte(depth), byte(colourType), 0, 0, 0)
	return append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", head)...)
}

func jpegHead(w, h, components int) []byte {
	b := []byte("\xff\xd8\xff\xc0")
	b = binary.BigEndian.AppendUint16(b, uint16(8+3*components))
	b = append(b, 8)
	b = binary.BigEndian.AppendUint16(b, uint16(h))
	b = binary.BigEndian.AppendUint16(b, uint16(w))
	b = append(b, byte(components))
	for i := range components {
		b = append(b, byte(i+1), 0x11, 0)
	}
	return append(b, "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"...)
}

func gifHead(w, h int) []byte {
	b := []byte("GIF89a")
	b = binary.LittleEndian.AppendUint16(b, uint16(w))
	b = binary.LittleEndian.AppendUint16(b, uint16(h))
	b = append(b, 0x80, 0, 0, 1, 2, 3, 4, 5, 6, ',', 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(w))
	b = binary.LittleEndian.AppendUint16(b, uint16(h))
	return append(b, 0, 2, 1, 0x44, 0)
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestDecodeRefuses checks that files that lie or ask for too much are refused
// with an error that says why, and before memory is spent on them.
func TestDecodeRefuses(t *testing.T) {
	scans := append(jpegHead(8, 8, 1), bytes.Repeat([]byte("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), maxScans)...)
	for _, c := range []struct {
		name   string
		data   []byte
		limits Limits
		want   string
	}{
		{"empty", nil, Limits{}, "not a PNG, JPEG or GIF"},
		{"text", []byte("P6 1 1 255\n"), Limits{}, `"P6 1 1 2"`},
		{"magic alone", []byte("\x89PNG\r\n\x1a\n"), Limits{}, "PNG picture"},
		{"bytes", make([]byte, 11), Limits{Bytes: 10}, "11 bytes, more than the 10"},
		{"PNG pixels", pngHead(8193, 8192, 8, 2), Limits{}, "8193 x 8192, more than the 67108864 pixels"},
		{"PNG side", pngHead(1<<17+1, 1, 8, 2), Limits{}, "131073 x 1, a side is longer than the 131072"},
		{"PNG largest size", pngHead(1<<31-1, 1<<31-1, 16, 6), Limits{}, "PNG picture"},
		{"PNG no size", pngHead(0, 5, 8, 2), Limits{}, "non-positive"},
		{"PNG no pixels", pngHead(4, 4, 8, 2), Limits{}, "PNG picture"},
		{"PNG depth", pngHead(4, 4, 3, 2), Limits{}, "bit depth 3"},
		{"JPEG pixels", jpegHead(65535, 65535, 3), Limits{}, "65535 x 65535, more than"},
		{"JPEG no size", jpegHead(7, 0, 3), Limits{}, "7 x 0"},
		{"JPEG no tables", jpegHead(7, 7, 3), Limits{}, "JPEG picture"},
		{"JPEG components", jpegHead(7, 7, 2), Limits{}, "number of components"},
		{"JPEG scans", scans, Limits{}, "201 scans, more than the 200"},
		{"GIF pixels", gifHead(65535, 65535), Limits{}, "65535 x 65535, more than"},
		{"GIF no size", gifHead(0, 7), Limits{}, "0 x 7"},
		{"GIF no pixels", gifHead(600, 400), Limits{}, "not enough image data"},
		{"limit of pixels", flatPNG(t, 5, 4, 8, 0, 1), Limits{Pixels: 19}, "5 x 4, more than the 19 pixels"},
		{"limit of sides", flatPNG(t, 5, 4, 8, 0, 1), Limits{Side: 4}, "longer than the 4 pixels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			const allowed = 4 << 20
			if n := allocated(func() {
				_, err := Decode(c.data, c.limits)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want one with %q", err, c.want)
				}
			}); n > allowed {
				t.Errorf("allocated %d bytes", n)
			}
		})
	}
}

func TestDecodeFileNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "picture.png")
	if err := os.WriteFile(path, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, filepath.Dir(path), filepath.Join(filepath.Dir(path), "missing.jpg")} {
		if _, err := DecodeFile(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one that names %s", err, path)
		}
	}
}

// TestDecodeTruncated cuts every picture in many places: there is an error, or the
// whole picture where only what follows the pixels is missing.
func TestDecodeTruncated(t *testing.T) {
	for name, data := range pictureFiles(t) {
		whole, err := Decode(data, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for n := 0; n < len(data); n += 1 + n/100 {
			img, err := Decode(data[:n], Limits{})
			if err == nil && (img.W*img.H != whole.W*whole.H || len(img.Pix) != len(whole.Pix)) {
				t.Errorf("%s: %d of %d bytes decode to %d x %d pixels", name, n, len(data), img.W, img.H)
			}
			if err == nil && strings.HasSuffix(name, ".png") {
				t.Errorf("%s: %d of %d bytes decode", name, n, len(data))
			}
		}
	}
}

// TestDecodeGrayTransparency checks the transparent gray levels that Pillow
// compares wrongly, in files of fewer or more than 8 bits, against the PNG
// specification (11.3.2.1).
func TestDecodeGrayTransparency(t *testing.T) {
	for _, c := range []struct {
		depth int
		clear uint16
		row   []byte
		want  []byte // gray levels
	}{
		{1, 1, []byte{0b01000000}, []byte{0, 255}},
		{2, 1, []byte{0b00011011}, []byte{0, 255, 170, 255}},
		{4, 3, []byte{0x03, 0x4f}, []byte{0, 255, 68, 255}},
		{16, 7, []byte{0, 7, 0, 8, 1, 7}, []byte{255, 8, 255}},
	} {
		var pixels bytes.Buffer
		z := zlib.NewWriter(&pixels)
		z.Write(append([]byte{0}, c.row...))
		z.Close()
		img, err := Decode(bytes.Join([][]byte{
			pngHead(len(c.want), 1, c.depth, 0),
			pngChunk("tRNS", binary.BigEndian.AppendUint16(nil, c.clear)),
			pngChunk("IDAT", pixels.Bytes()),
			pngChunk("IEND", nil),
		}, nil), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for x, want := range c.want {
			if got := ink(img.Pix[3*x:]); got != (ink{want, want, want}) {
				t.Errorf("depth %d: pixel %d is %v, want gray %d", c.depth, x, got, want)
			}
		}
	}
}

// TestBlend checks compositing against exact arithmetic: within half a level and
// the seven bits of extra precision.
func TestBlend(t *testing.T) {
	for v := range 256 {
		for a := range 256 {
			exact := float64(v*a+255*(255-a)) / 255
			if d := float64(blend(byte(v), byte(a))) - exact; d < -0.51 || d > 0.51 {
				t.Errorf("blend(%d, %d) is off by %.3f", v, a, d)
			}
		}
	}
}

// TestDecodeMemory holds each kind of picture against the memory that Limits
// states, orientation included.
func TestDecodeMemory(t *testing.T) {
	const w, h = 1200, 1000
	turned := append([]byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"), 0, 0, 0, 0)
	turn := func(data []byte) []byte { // inserts the segment after SOI
		return bytes.Join([][]byte{data[:2], turned, data[2:]}, nil)
	}
	progressive, err := os.ReadFile("testdata/progressive-cmyk.jpg")
	if err != nil {
		t.Fatal(err)
	}
	deep := image.NewNRGBA64(image.Rect(0, 0, w, h))
	deep.SetNRGBA64(0, 0, color.NRGBA64{1, 2, 3, 4})
	photo := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for _, c := range []struct {
		name  string
		data  []byte
		bound float64 // bytes a pixel
	}{
		{"bilevel PNG", flatPNG(t, w, h, 1, 0, 1), 4},
		{"RGB PNG", flatPNG(t, w, h, 8, 2, 3), 4},
		{"RGBA PNG", flatPNG(t, w, h, 8, 6, 4), 4},
		{"deep PNG", encodePNG(t, deep), 8},
		{"JPEG", encodeJPEG(t, photo), 4.5},
		{"turned JPEG", turn(encodeJPEG(t, photo)), 7.5},
		{"worst JPEG", turn(progressive), maxBytesPerPixel},
	} {
		var img *RGB
		n := allocated(func() {
			if img, err = Decode(c.data, Limits{}); err != nil {
				t.Fatal(err)
			}
		})
		// Inflating, Huffman tables and the like take a fixed amount.
		const fixed = 256 << 10
		perPixel := (float64(n) - fixed) / float64(img.W*img.H)
		t.Logf("%s: %.2f bytes a pixel", c.name, perPixel)
		if perPixel > c.bound {
			t.Errorf("%s: %.2f bytes a pixel, more than %v", c.name, perPixel, c.bound)
		}
	}
}

const maxBytesPerPixel = 27

// TestDecode64Megapixels decodes and squares the largest pictures that are
// expected.
func TestDecode64Megapixels(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const w, h = 8000, 8000
	data := flatPNG(t, w, h, 8, 2, 3)
	n := allocated(func() {
		img, err := Decode(data, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if img.W != w || img.H != h {
			t.Fatalf("got %d x %d pixels", img.W, img.H)
		}
		for _, mode := range []Mode{Crop, Pad} {
			if out, err := Default(336).Apply(img, mode); err != nil || out.W != 336 || out.H != 336 {
				t.Errorf("%v: %v", mode, err)
			}
		}
	})
	if limit := uint64(5 * w * h); n > limit {
		t.Errorf("allocated %d bytes, more than %d", n, limit)
	}
}
