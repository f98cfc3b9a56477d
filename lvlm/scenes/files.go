package scenes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/tensor/atomicfile"
)

// Part is a part of the world that is written into files.
type Part struct {
	Split     Split
	Style     Style
	Seed      uint64
	Pictures  int
	Size      int // of the pictures' sides, in pixels
	Questions int // at most so many about each picture

	Threads  int                   // 0: one a processor
	Progress func(done, total int) // may be nil; called from one goroutine at a time
}

// maxPictures bounds a part, whose pictures are numbered with eight digits.
const maxPictures = 100_000_000

// manifestName is the file that says what a folder has, so that it is gone on with
// only by the same settings.
const manifestName = "world.json"

// manifest has the settings that the files follow from, the number of pictures
// excepted: with a larger one, pictures are added.
type manifest struct {
	Format    string `json:"format"`
	Split     string `json:"split"`
	Style     string `json:"style"`
	Seed      uint64 `json:"seed"`
	Size      int    `json:"size"`
	Questions int    `json:"questions"`
}

func (p *Part) manifest() manifest {
	return manifest{"par-scenes-1", p.Split.String(), p.Style.String(), p.Seed, p.Size, p.Questions}
}

func (p *Part) check() error {
	if p.Pictures < 1 || p.Pictures > maxPictures {
		return fmt.Errorf("%d pictures can't be written (1 to %d)", p.Pictures, maxPictures)
	}
	if p.Questions < 1 {
		return fmt.Errorf("%d questions about a picture are too few", p.Questions)
	}
	return CheckSize(p.Size)
}

// Write writes pictures, questions and labels to a folder:
//
//	world.json                  the settings
//	images/00000000.png ...     the pictures
//	scenes.jsonl                what is in them: objects, from the back to the front, and texts
//	conversations.jsonl         LLaVA's training data
//	pope/                       POPE's questions, and its labels in coco/
//	vqav2/                      VQA's questions, and annotations.json; a question's answer type is its kind
//
// Pictures that are there already are kept, so that Write may be stopped at any time and
// called again. Each file is there completely or not at all.
func (p Part) Write(ctx context.Context, dir string) error {
	if err := p.check(); err != nil {
		return err
	}
	for _, d := range []string{"images", "pope/coco", "vqav2"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(d)), 0o755); err != nil {
			return err
		}
	}
	if err := p.claim(filepath.Join(dir, manifestName)); err != nil {
		return err
	}
	if err := p.writePictures(ctx, dir); err != nil {
		return err
	}
	return p.writeTexts(ctx, dir)
}

// claim writes the manifest, or compares it with the one that is there.
func (p *Part) claim(path string) error {
	want := p.manifest()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return atomicfile.Write(path, func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(want)
		})
	}
	if err != nil {
		return err
	}
	var got manifest
	if err := json.Unmarshal(text, &got); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if got != want {
		return fmt.Errorf("%s: the folder has pictures of other settings: %+v, not %+v", path, got, want)
	}
	return nil
}

func (p *Part) key(i int) Key { return Key{p.Split, p.Style, p.Seed, uint64(i)} }

func imageName(i int) string { return fmt.Sprintf("%08d.png", i) }

// writePictures draws the pictures that are missing.
func (p *Part) writePictures(ctx context.Context, dir string) error {
	threads := p.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	var lock sync.Mutex
	done := 0
	p.report(done)
	for range min(threads, p.Pictures) {
		wg.Go(func() {
			d := newDrawing(p.Size)
			for ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= p.Pictures {
					return
				}
				if err := d.write(filepath.Join(dir, "images", imageName(i)), p.key(i)); err != nil {
					cancel(err)
					return
				}
				lock.Lock()
				done++
				p.report(done)
				lock.Unlock()
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (p *Part) report(done int) {
	if p.Progress != nil {
		p.Progress(done, p.Pictures)
	}
}

// drawing is what a goroutine needs to write pictures.
type drawing struct {
	renderer Renderer
	img      *preprocess.RGB
	rgba     *image.RGBA
	encoder  png.Encoder
	buffer   *png.EncoderBuffer
}

func newDrawing(size int) *drawing {
	d := &drawing{img: preprocess.NewRGB(size, size), rgba: image.NewRGBA(image.Rect(0, 0, size, size))}
	d.encoder = png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: d}
	return d
}

// Get implements png.EncoderBufferPool.
func (d *drawing) Get() *png.EncoderBuffer { return d.buffer }

// Put implements png.EncoderBufferPool.
func (d *drawing) Put(b *png.EncoderBuffer) { d.buffer = b }

// write draws a picture into a file, unless it is there.
func (d *drawing) write(path string, k Key) error {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		return nil
	}
	d.renderer.Render(d.img, New(k))
	for i := range len(d.img.Pix) / 3 {
		copy(d.rgba.Pix[4*i:], d.img.Pix[3*i:3*i+3])
		d.rgba.Pix[4*i+3] = 255
	}
	return atomicfile.Write(path, func(w io.Writer) error { return d.encoder.Encode(w, d.rgba) })
}
