package tensor

// maxMatVec is the number of rows up to which a product reads the weights as
// they are stored, at the speed of memory: packing them pays from more rows on.
const maxMatVec = 8

// matVec is MatMul for up to maxMatVec rows.
func (p *Pool) matVec(dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	if f, ok := quadFormats[w.typ]; ok {
		p.matVecQuads(f, dst, a, rows, w, bias)
		return
	}
	p.matVecFloat(dst, a, rows, w, bias)
}
