package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	stdio "io"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/tokenizer"
)

// maxLine bounds a line of -jsonl input.
const maxLine = 64 << 20

func tokenizeCommand(_ context.Context, io streams, args []string) error {
	fs := newFlags(io, "tokenize", "< text")
	var model string
	fs.StringVar(&model, "model", "", "checkpoint `directory`")
	fs.StringVar(&model, "m", "", "short for -model")
	jsonl := fs.Bool("jsonl", false, "one JSON string a line in, one JSON array of ids a line out (with -decode the other way round)")
	noSpecial := fs.Bool("no-special", false, "add no start or end token")
	decode := fs.Bool("decode", false, "read ids, print text")
	rest, err := parse(fs, args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return usagef("unexpected argument %q; the text is read from standard input", rest[0])
	case model == "":
		return usagef("-model is missing")
	}
	tok, err := lvlm.OpenTokenizer(model)
	if err != nil {
		return err
	}
	t := &tokenizing{tok, tokenizer.Options{AddSpecial: !*noSpecial}, bufio.NewWriter(io.out)}
	switch {
	case *jsonl:
		err = t.lines(io.in, *decode)
	case *decode:
		err = t.decode(io.in)
	default:
		err = t.encode(io.in)
	}
	if flush := t.out.Flush(); err == nil {
		err = flush
	}
	return err
}

// tokenizing turns input into output with a tokenizer.
type tokenizing struct {
	tok  *tokenizer.Tokenizer
	opts tokenizer.Options
	out  *bufio.Writer
}

// encode reads the whole input as one text and prints an id and its piece a line.
func (t *tokenizing) encode(r stdio.Reader) error {
	text, err := stdio.ReadAll(r)
	if err != nil {
		return err
	}
	for _, id := range t.tok.Encode(string(text), t.opts) {
		fmt.Fprintf(t.out, "%d\t%q\n", id, t.tok.Piece(id))
	}
	return nil
}

// decode reads ids and prints their text.
func (t *tokenizing) decode(r stdio.Reader) error {
	in := bufio.NewScanner(r)
	in.Split(bufio.ScanWords)
	var ids []int32
	for in.Scan() {
		var id int32
		if err := json.Unmarshal(in.Bytes(), &id); err != nil {
			return fmt.Errorf("%q is not a token id", in.Text())
		}
		ids = append(ids, id)
	}
	if err := in.Err(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, t.tok.Decode(ids, false))
	return err
}

// lines turns every line of JSON into one.
func (t *tokenizing) lines(r stdio.Reader, decode bool) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxLine)
	out := json.NewEncoder(t.out)
	out.SetEscapeHTML(false)
	for n := 1; in.Scan(); n++ {
		var result any
		if decode {
			var ids []int32
			if err := json.Unmarshal(in.Bytes(), &ids); err != nil {
				return fmt.Errorf("standard input: line %d: %w", n, err)
			}
			result = t.tok.Decode(ids, false)
		} else {
			var text string
			if err := json.Unmarshal(in.Bytes(), &text); err != nil {
				return fmt.Errorf("standard input: line %d: %w", n, err)
			}
			result = append([]int32{}, t.tok.Encode(text, t.opts)...)
		}
		if err := out.Encode(result); err != nil {
			return err
		}
	}
	return in.Err()
}
