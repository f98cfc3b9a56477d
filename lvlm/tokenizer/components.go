package tokenizer

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// component is a normalizer, pre-tokenizer, post-processor or decoder: a type
// and the options of all the types that are known.
type component struct {
	Type string `json:"type"`

	// Sequence
	Normalizers   []component `json:"normalizers"`
	PreTokenizers []component `json:"pretokenizers"`
	Processors    []component `json:"processors"`
	Decoders      []component `json:"decoders"`

	// Prepend, Replace, Split, Strip
	Prepend  string       `json:"prepend"`
	Pattern  *patternJSON `json:"pattern"`
	Content  string       `json:"content"`
	Behavior string       `json:"behavior"`
	Invert   bool         `json:"invert"`
	Start    int          `json:"start"`
	Stop     int          `json:"stop"`

	// ByteLevel, Digits, Metaspace
	AddPrefixSpace   *bool   `json:"add_prefix_space"`
	UseRegex         *bool   `json:"use_regex"`
	IndividualDigits bool    `json:"individual_digits"`
	Replacement      string  `json:"replacement"`
	PrependScheme    *string `json:"prepend_scheme"`
	Split            *bool   `json:"split"`

	// TemplateProcessing
	Single        []templatePiece          `json:"single"`
	SpecialTokens map[string]templateToken `json:"special_tokens"`
}

type patternJSON struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

type templatePiece struct {
	SpecialToken *struct {
		ID string `json:"id"`
	} `json:"SpecialToken"`
	Sequence *struct {
		ID string `json:"id"`
	} `json:"Sequence"`
}

type templateToken struct {
	IDs []int64 `json:"ids"`
}

// or returns *p, or missing if there is none.
func or[T any](p *T, missing T) T {
	if p == nil {
		return missing
	}
	return *p
}

// Bounds on what the parts of a pipeline add up to. Published files have up to
// four, and replace one character by another.
const (
	maxDepth  = 8  // of nested Sequences
	maxParts  = 16 // of a kind
	maxGrowth = 64 // bytes that one byte of text can become
)

// flatten returns the components of nested Sequences in order.
func flatten(c *component, parts func(*component) []component, depth int) ([]*component, error) {
	switch {
	case c == nil:
		return nil, nil
	case c.Type != "Sequence":
		return []*component{c}, nil
	case depth == maxDepth:
		return nil, errors.New("sequences are nested too deep")
	}
	var all []*component
	for i := range parts(c) {
		sub, err := flatten(&parts(c)[i], parts, depth+1)
		if err != nil {
			return nil, err
		}
		if all = append(all, sub...); len(all) > maxParts {
			return nil, fmt.Errorf("more than %d parts", maxParts)
		}
	}
	return all, nil
}

func unsupported(c *component) error { return fmt.Errorf("type %q is not supported", c.Type) }

func normalizers(c *component) ([]normalizer, error) {
	parts, err := flatten(c, func(c *component) []component { return c.Normalizers }, 0)
	if err != nil {
		return nil, err
	}
	var steps []normalizer
	growth := 1
	for _, c := range parts {
		switch c.Type {
		case "NFC":
			steps = append(steps, nfc)
		case "Prepend":
			if len(c.Prepend) > maxGrowth {
				return nil, fmt.Errorf("type %q: prepend has %d bytes", c.Type, len(c.Prepend))
			}
			steps = append(steps, prepend(c.Prepend))
		case "Replace":
			old, err := c.literal(&growth)
			if err != nil {
				return nil, err
			}
			steps = append(steps, replaceAll(old, c.Content))
		default:
			return nil, unsupported(c)
		}
	}
	return steps, nil
}

// literal returns the text that Replace looks for. growth is how much the
// Replaces so far can lengthen a text.
func (c *component) literal(growth *int) (string, error) {
	switch {
	case c.Pattern != nil && c.Pattern.Regex != nil:
		return "", fmt.Errorf("type %q: the regular expression %q is not supported", c.Type, *c.Pattern.Regex)
	case c.Pattern == nil || or(c.Pattern.String, "") == "":
		return "", fmt.Errorf("type %q: no pattern", c.Type)
	}
	old := *c.Pattern.String
	if len(c.Content) > maxGrowth*len(old) {
		return "", fmt.Errorf("type %q: %d bytes become %d", c.Type, len(old), len(c.Content))
	}
	if *growth *= max(1, (len(c.Content)+len(old)-1)/len(old)); *growth > maxGrowth {
		return "", fmt.Errorf("type %q: a byte of text can become more than %d", c.Type, maxGrowth)
	}
	return old, nil
}

// preTokenizers returns the steps and whether the last of them maps the text to
// the byte-level alphabet.
func preTokenizers(c *component) (steps []step, byteLevel bool, err error) {
	parts, err := flatten(c, func(c *component) []component { return c.PreTokenizers }, 0)
	if err != nil {
		return nil, false, err
	}
	for _, c := range parts {
		if byteLevel {
			return nil, false, fmt.Errorf("type %q behind ByteLevel is not supported", c.Type)
		}
		var st step
		switch c.Type {
		case "ByteLevel":
			byteLevel = true
			if or(c.AddPrefixSpace, true) {
				st.rewrite = prefixSpace
			}
			if or(c.UseRegex, true) {
				st.next = scanGPT2
			}
		case "Split":
			st.next, err = c.scanner()
		case "Digits":
			st.next = scanDigits
			if c.IndividualDigits {
				st.next = scanDigit
			}
		case "Metaspace":
			var scheme int
			if scheme, err = c.prependScheme(); err == nil {
				st = metaspace(c.Replacement, scheme, or(c.Split, true))
			}
		default:
			err = unsupported(c)
		}
		if err != nil {
			return nil, false, err
		}
		steps = append(steps, st)
	}
	return steps, byteLevel, nil
}

func (c *component) scanner() (scanner, error) {
	if c.Pattern == nil || c.Pattern.Regex == nil {
		return nil, errors.New(`type "Split": no regular expression`)
	}
	scan, ok := scanners[*c.Pattern.Regex]
	if !ok {
		return nil, fmt.Errorf(`type "Split": the regular expression %q is not supported`, *c.Pattern.Regex)
	}
	// The patterns match every character, so that removing what does not match
	// is the same as setting the matches apart.
	if !(c.Behavior == "Isolated" && !c.Invert || c.Behavior == "Removed" && c.Invert) {
		return nil, fmt.Errorf(`type "Split": behavior %q with invert %t is not supported`, c.Behavior, c.Invert)
	}
	return scan, nil
}

func (c *component) prependScheme() (int, error) {
	if utf8.RuneCountInString(c.Replacement) != 1 {
		return 0, fmt.Errorf(`type "Metaspace": replacement %q is not one character`, c.Replacement)
	}
	switch scheme := or(c.PrependScheme, "always"); scheme {
	case "always":
		if c.PrependScheme == nil && !or(c.AddPrefixSpace, true) {
			return prependNever, nil
		}
		return prependAlways, nil
	case "first":
		return prependFirst, nil
	case "never":
		return prependNever, nil
	default:
		return 0, fmt.Errorf(`type "Metaspace": prepend_scheme %q is not supported`, scheme)
	}
}

// postProcess sets what stands in front of and behind the ids of a text.
func (t *Tokenizer) postProcess(c *component, v *vocabulary) error {
	parts, err := flatten(c, func(c *component) []component { return c.Processors }, 0)
	if err != nil {
		return err
	}
	seen := false
	for _, c := range parts {
		switch c.Type {
		case "ByteLevel": // concerns offsets only
		case "TemplateProcessing":
			if seen {
				return fmt.Errorf("type %q: more than one is not supported", c.Type)
			}
			seen = true
			if t.prefix, t.suffix, err = c.template(len(v.pieces)); err != nil {
				return fmt.Errorf("type %q: %w", c.Type, err)
			}
		default:
			return unsupported(c)
		}
	}
	return nil
}

// template returns the ids in front of and behind the text.
func (c *component) template(size int) (prefix, suffix []int32, err error) {
	seen := false
	for i, p := range c.Single {
		switch {
		case p.Sequence != nil && p.Sequence.ID == "A" && !seen:
			seen = true
		case p.SpecialToken != nil:
			token, ok := c.SpecialTokens[p.SpecialToken.ID]
			if !ok {
				return nil, nil, fmt.Errorf("single[%d]: special token %q is not among special_tokens", i, p.SpecialToken.ID)
			}
			for _, id := range token.IDs {
				if id < 0 || id >= int64(size) {
					return nil, nil, fmt.Errorf("special_tokens: %q has id %d, the vocabulary ends at %d", p.SpecialToken.ID, id, size-1)
				}
				if seen {
					suffix = append(suffix, int32(id))
				} else {
					prefix = append(prefix, int32(id))
				}
			}
		default:
			return nil, nil, fmt.Errorf("single[%d]: want a special token or, once, sequence A", i)
		}
	}
	if !seen {
		return nil, nil, errors.New("single: no sequence A")
	}
	return prefix, suffix, nil
}

// configure reads the decoder of a tokenizer.json: one of ByteLevel, Metaspace,
// and the parts of LLaMA's (Replace, ByteFallback, Fuse, Strip).
func (d *decoder) configure(c *component) error {
	if c == nil {
		d.separator = " "
		return nil
	}
	parts, err := flatten(c, func(c *component) []component { return c.Decoders }, 0)
	if err != nil {
		return err
	}
	fused, growth := false, 1
	for i, c := range parts {
		switch {
		case c.Type == "ByteLevel" && len(parts) == 1:
			d.byteLevel = true
		case c.Type == "Metaspace" && i == 0 && !fused:
			scheme, err := c.prependScheme()
			if err != nil {
				return err
			}
			d.mark = c.Replacement
			d.replace = append(d.replace, [2]string{d.mark, " "})
			if scheme != prependNever {
				d.firstMark = dropAllMarks
			}
		case c.Type == "Replace" && !fused && !d.wholeRuns:
			old, err := c.literal(&growth)
			if err != nil {
				return err
			}
			d.replace = append(d.replace, [2]string{old, c.Content})
		case c.Type == "ByteFallback" && !fused && !d.wholeRuns:
			d.byteFallback, d.wholeRuns = true, true
		case c.Type == "Fuse":
			fused = true
		case c.Type == "Strip" && fused && d.stripCount == 0:
			if utf8.RuneCountInString(c.Content) != 1 || c.Start < 0 || c.Stop != 0 {
				return fmt.Errorf(`type "Strip": content %q, start %d, stop %d is not supported`, c.Content, c.Start, c.Stop)
			}
			d.strip, d.stripCount = c.Content, c.Start
		case slices.Contains([]string{"ByteLevel", "Metaspace", "Replace", "ByteFallback", "Strip"}, c.Type):
			return fmt.Errorf("type %q is not supported in this place (number %d of %d)", c.Type, i+1, len(parts))
		default:
			return unsupported(c)
		}
	}
	return nil
}
