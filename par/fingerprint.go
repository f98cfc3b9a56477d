package par

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"

	"github.com/go-par/par/lvlm"
)

// Fingerprint tells language models apart: a hash of the decoder's architecture
// and of its norms' weights. Norms are stored unquantised in files of every kind,
// so that the fingerprint is the same whatever the type of the other weights.
func Fingerprint(m *lvlm.Model) string {
	c := &m.Config.Text
	arch, err := json.Marshal([]any{c.Hidden, c.Intermediate, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.RopeTheta})
	if err != nil {
		panic(err) // numbers only, and finite: the configuration was checked
	}
	h := sha256.New()
	h.Write(arch)
	weights := func(w []float32) {
		for _, x := range w {
			var b [4]byte
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
			h.Write(b[:])
		}
	}
	for i := range m.Decoder.Layers {
		weights(m.Decoder.Layers[i].InputNorm.W)
		weights(m.Decoder.Layers[i].PostNorm.W)
	}
	weights(m.Decoder.Norm.W)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
