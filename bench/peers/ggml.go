//go:build cgo

package main

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The part of ggml's C interface that a product needs, looked up at run time.
typedef struct { size_t mem_size; void *mem_buffer; bool no_alloc; } init_params;
#define FUNCTIONS(F) \
	F(void *, ggml_init, (init_params)) \
	F(void, ggml_free, (void *)) \
	F(void *, ggml_new_tensor_2d, (void *, int, int64_t, int64_t)) \
	F(void *, ggml_mul_mat, (void *, void *, void *)) \
	F(void *, ggml_new_graph, (void *)) \
	F(void, ggml_build_forward_expand, (void *, void *)) \
	F(void *, ggml_backend_alloc_ctx_tensors_from_buft, (void *, void *)) \
	F(void, ggml_backend_buffer_free, (void *)) \
	F(void, ggml_backend_tensor_set, (void *, const void *, size_t, size_t)) \
	F(void, ggml_backend_tensor_get, (const void *, void *, size_t, size_t)) \
	F(void *, ggml_backend_cpu_buffer_type, (void)) \
	F(void *, ggml_backend_cpu_reg, (void)) \
	F(void *, ggml_backend_reg_dev_get, (void *, size_t)) \
	F(void *, ggml_backend_reg_get_proc_address, (void *, const char *)) \
	F(void *, ggml_backend_cpu_init, (void)) \
	F(void, ggml_backend_cpu_set_n_threads, (void *, int)) \
	F(int, ggml_backend_graph_compute, (void *, void *))
#define DECLARE(result, name, args) static result (*name) args;
FUNCTIONS(DECLARE)

static void *cpu;

// ggml_open loads the libraries in dir and returns what is missing, or NULL.
static const char *ggml_open(const char *dir, int threads) {
	static const char *names[] = {"libggml-base.so", "libggml-cpu.so"};
	char path[4096];
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		if (!dlopen(path, RTLD_NOW | RTLD_GLOBAL)) return dlerror();
	}
#define LOOK(result, name, args) if (!(*(void **)&name = dlsym(RTLD_DEFAULT, #name))) return #name;
	FUNCTIONS(LOOK)
	cpu = ggml_backend_cpu_init();
	if (!cpu) return "a CPU backend";
	ggml_backend_cpu_set_n_threads(cpu, threads);
	return NULL;
}

// repacking returns the kind of buffer in which the CPU backend keeps weights in an
// order of its own, or NULL.
static void *repacking(void) {
	void *reg = ggml_backend_cpu_reg();
	void **(*extra)(void *) = ggml_backend_reg_get_proc_address(reg, "ggml_backend_dev_get_extra_bufts");
	if (!extra) return NULL;
	void **list = extra(ggml_backend_reg_dev_get(reg, 0));
	return list ? list[0] : NULL;
}

typedef struct { void *weights, *rest, *wbuf, *rbuf, *graph, *out; } product;

// prepare lays out x wT for w [n, k] of a type and x [m, k] of f32.
static product prepare(int type, const void *w, size_t wbytes, const float *x, int m, int n, int k, bool repack) {
	init_params p = {1 << 20, NULL, true};
	product r = {ggml_init(p), ggml_init(p)};
	void *a = ggml_new_tensor_2d(r.weights, type, k, n), *b = ggml_new_tensor_2d(r.rest, 0, k, m);
	r.out = ggml_mul_mat(r.rest, a, b);
	r.graph = ggml_new_graph(r.rest);
	ggml_build_forward_expand(r.graph, r.out);
	void *buft = repack ? repacking() : NULL;
	r.wbuf = ggml_backend_alloc_ctx_tensors_from_buft(r.weights, buft ? buft : ggml_backend_cpu_buffer_type());
	r.rbuf = ggml_backend_alloc_ctx_tensors_from_buft(r.rest, ggml_backend_cpu_buffer_type());
	ggml_backend_tensor_set(a, w, 0, wbytes);
	ggml_backend_tensor_set(b, x, 0, sizeof(float) * (size_t)m * k);
	return r;
}

static int multiply(product *p) { return ggml_backend_graph_compute(cpu, p->graph); }

static void result(product *p, float *y, size_t n) { ggml_backend_tensor_get(p->out, y, 0, n * sizeof(float)); }

static void discard(product *p) {
	ggml_backend_buffer_free(p->wbuf);
	ggml_backend_buffer_free(p->rbuf);
	ggml_free(p->weights);
	ggml_free(p->rest);
}
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
)

// openGGML loads ggml's libraries, as the Python package llama-cpp-python has them,
// from a directory.
func openGGML(dir string, threads int) error {
	path := C.CString(dir)
	defer C.free(unsafe.Pointer(path))
	if missing := C.ggml_open(path, C.int(threads)); missing != nil {
		return fmt.Errorf("ggml: %s", C.GoString(missing))
	}
	return nil
}

// ggmlTypes are the weights that ggml is compared on, and our arithmetic. ggml rounds
// activations to the type of floating-point weights. Where its CPU backend keeps
// weights in an order of its own, it gets them so.
var ggmlTypes = []struct {
	quant.Type
	compute  tensor.Compute
	repacked bool
}{
	{quant.F32, tensor.Auto, false}, {quant.F16, tensor.Auto, false}, {quant.F16, tensor.ComputeBF16, false},
	{quant.BF16, tensor.Auto, false}, {quant.BF16, tensor.ComputeBF16, false},
	{quant.Q8_0, tensor.Auto, false}, {quant.Q4_0, tensor.Auto, true}, {quant.Q4_K, tensor.Auto, true}, {quant.Q6_K, tensor.Auto, false},
}

// compareGGML times dst[m,n] = A[m,k] W[n,k]ᵀ with weights of a type.
func compareGGML(p *tensor.Pool, t quant.Type, repacked bool, m, n, k, reps int) (result, error) {
	a := random(m, k)
	size, err := t.RowBytes(k)
	if err != nil {
		return result{}, err
	}
	data := make([]byte, n*size)
	if err := quant.Encode(t, data, random(n, k).Data); err != nil {
		return result{}, err
	}
	weights, err := tensor.NewMatrix(t, n, k, data)
	if err != nil {
		return result{}, err
	}
	x := C.prepare(C.int(t), unsafe.Pointer(&data[0]), C.size_t(len(data)), (*C.float)(&a.Data[0]), C.int(m), C.int(n), C.int(k), C.bool(repacked))
	defer C.discard(&x)
	ours, theirs := tensor.New(m, n), tensor.New(m, n)
	failed := C.int(0)
	r := alternate(p, m, n, k, reps,
		func() { p.MatMul(ours, a, nil, weights, nil) },
		func() { failed |= C.multiply(&x) })
	if failed != 0 {
		return r, fmt.Errorf("ggml: a product of %v failed", t)
	}
	C.result(&x, (*C.float)(&theirs.Data[0]), C.size_t(m*n))
	r.Type, r.Error = t.String(), deviation(ours, theirs)
	return r, nil
}
