package eval

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mmTable is laid out like mmbench_dev_20230712.tsv: quoted fields may hold tabs,
// line ends and doubled quotes, missing fields are empty or NaN.
const mmTable = "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\tsource\tl2-category\tcomment\tsplit\n" +
	"241\tWhich?\tnan\tred\tblue\tgreen\tNaN\tB\tcolour\taW1hZ2Ux\ts\tl2\tc\tdev\n" +
	"252\t\"Who said \"\"a\tb\"\"?\"\t\"first line\nsecond\"\tTom\tAnn\t\t\tA\tidentity\taW1hZ2Uy\ts\tl2\t\tdev\n" +
	"260\tHow many \"dots\"?\t\t1\t2\t3\t4\tD\tcolour\t241\ts\tl2\t\tdev\n"

func TestMMBench(t *testing.T) {
	b, problems := load(t, "mmbench", write(t, map[string]string{"mmbench_dev_20230712.tsv": mmTable}))
	wantProblems(t, problems)
	const suffix = "\nAnswer with the option's letter from the given choices directly."
	var got [][3]string
	for _, q := range b.Questions() {
		got = append(got, [3]string{q.Prompt, q.Text, q.Image.Base64})
	}
	prompts := []string{
		"Which?\nA. red\nB. blue\nC. green", "first line\nsecond\nWho said \"a\tb\"?\nA. Tom\nB. Ann", "How many \"dots\"?\nA. 1\nB. 2\nC. 3\nD. 4",
	}
	want := [][3]string{
		{prompts[0], prompts[0] + suffix, "aW1hZ2Ux"}, {prompts[1], prompts[1] + suffix, "aW1hZ2Uy"}, {prompts[2], prompts[2] + suffix, "aW1hZ2Ux"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
	wantScores(t, "scores", graded(t, b, "B", "Tom is it", "A"), map[string]float64{"accuracy": 200. / 3, "colour": 50, "identity": 100})
	wantScores(t, "missing", graded(t, b, "blue", missing, "4"), map[string]float64{"accuracy": 100, "colour": 100})
}

func TestMMBenchRounds(t *testing.T) {
	b, _ := load(t, "mmbench:rounds=all,limit=2", write(t, map[string]string{"mmbench_dev_20230712.tsv": mmTable}))
	var got []string
	for _, q := range b.Questions() {
		got = append(got, strings.Join(q.Round.Options, " ")+" "+strings.Join(q.Round.Letters, ""))
	}
	want := []string{"red blue green ABC", "blue green red BCA", "green red blue CAB", "Tom Ann AB", "Ann Tom BA"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rounds (-want +got):\n%s", diff)
	}
	// blue is B, A and C; Tom is A and B.
	wantScores(t, "all right", graded(t, b, "B", "A", "C", "A", "B"), map[string]float64{"accuracy": 100, "colour": 100, "identity": 100})
	wantScores(t, "one rotation wrong", graded(t, b, "B", "A", "C", "A", "A"), map[string]float64{"accuracy": 50, "colour": 100, "identity": 0})
	wantScores(t, "always the same letter", graded(t, b, "B", "B", "B", missing, "B"), map[string]float64{"accuracy": 0, "colour": 0})

	a := newAnswer(&b.Questions()[1], &Reply{Text: "A"}, "m", "none")
	var line bytes.Buffer
	if err := encode(&line, a); err != nil {
		t.Fatal(err)
	}
	if want := `{"question_id":241,"round_id":1,"prompt":"Which?\nA. blue\nB. green\nC. red","text":"A","options":["blue","green","red"],"option_char":["B","C","A"],`; !strings.HasPrefix(line.String(), want) {
		t.Errorf("answer %s", line.String())
	}
}

func TestMMChoice(t *testing.T) {
	options := []string{"a cat", "a dog", "two cats"}
	for text, want := range map[string]int{
		"A": 0, "B.": 1, "(C)": 2, "C: two cats": 2, "A or B": -1, "a": -1, "D": -1, "": -1, "a dog": 1, "A dog": 0, "It is a DOG": 1,
		"a cat and a dog": -1, "The answer is B": 1, "a dog" + strings.Repeat(" indeed", 5): -1, "I think\nC": 2,
	} {
		if got := mmChoice(text, options); got != want {
			t.Errorf("%q names %d, want %d", text, got, want)
		}
	}
}

func TestMMBenchChinese(t *testing.T) {
	table := "index\tquestion\thint\tA\tB\tC\tD\tcategory\timage\n1\t什么？\t\t红\t蓝\tNone\t绿\tx\taW1h\n"
	b, problems := load(t, "mmbench-cn", write(t, map[string]string{"mmbench_dev_cn_20231003.tsv": "\uFEFF" + table}))
	wantProblems(t, problems)
	if q := b.Questions()[0]; q.Text != "什么？\nA. 红\nB. 蓝\n请直接回答选项字母。" {
		t.Errorf("question %q", q.Text)
	}
	if got := graded(t, b, "A"); len(got) != 0 {
		t.Errorf("without published answers there are scores: %v", got)
	}
}

func TestMMBenchProblems(t *testing.T) {
	table := "index\tquestion\thint\tA\tB\tC\tD\tanswer\timage\n" +
		"1\tQ\t\ta\tb\t\t\tC\taW1h\n" +
		"x\tQ\t\ta\tb\t\t\tA\taW1h\n" +
		"2\tQ\t\t\tb\t\t\t\taW1h\n" +
		"3\tQ\t\ta\tb\t\t\tA\n" +
		"4\tQ\t\ta\tb\t\t\tA\taW1h\n" +
		"4\tQ\t\ta\tb\t\t\tA\taW1h\n" +
		"5\tQ\t\ta\tb\t\t\tA\taW1h\tmore\n"
	b, problems := load(t, "mmbench", write(t, map[string]string{"mmbench_dev_20230712.tsv": table}))
	wantProblems(t, problems,
		"line 8: 10 fields for 9 columns", `line 2: column answer: "C" is none of the 2 options`, `line 3: column index: "x"`,
		"line 4: question 2 has no options", "line 5: column image: question 3 has no picture", "line 7: column index: 4 is there twice")
	if n := len(b.Questions()); n != 1 {
		t.Errorf("%d questions", n)
	}
	for table, want := range map[string]string{"": "no line of column names", "index\tquestion\n": `no column "hint"`} {
		dir := write(t, map[string]string{"mmbench_dev_20230712.tsv": table})
		if _, err := Load(Source{Kind: "mmbench", Dir: dir}, func(error) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestMMBenchSubmission opens the workbook and looks into its cells.
func TestMMBenchSubmission(t *testing.T) {
	b, _ := load(t, "mmbench:rounds=all", write(t, map[string]string{"mmbench_dev_20230712.tsv": mmTable}))
	texts := make([]string, len(b.Questions()))
	for i := range texts {
		texts[i] = "round " + string(rune('0'+b.Questions()[i].Round.Index))
	}
	texts[3] = missing
	texts[5] = "<D> & \x00"
	name, content, err := b.(Submitter).Submission(replies(b, texts))
	if err != nil || name != "submission.xlsx" {
		t.Fatal(name, err)
	}
	want := [][]string{
		{"A1=index", "B1=question", "C1=A", "D1=B", "E1=C", "F1=D", "G1=prediction", "H1=answer", "I1=split"},
		{"A2=#241", "B2=Which?", "C2=red", "D2=blue", "E2=green", "G2=round 0", "H2=B", "I2=dev"},
		{"A3=#252", "B3=Who said \"a\tb\"?", "C3=Tom", "D3=Ann", "H3=A", "I3=dev"},
		{"A4=#260", "B4=How many \"dots\"?", "C4=#1", "D4=#2", "E4=#3", "F4=#4", "G4=<D> & \uFFFD", "H4=D", "I4=dev"},
	}
	if diff := cmp.Diff(want, sheet(t, content)); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

// sheet lists the cells of a workbook by row, numbers with a "#".
func sheet(t *testing.T, content []byte) [][]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File { // every part is XML
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(b, new(struct{})); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if f.Name != "xl/worksheets/sheet1.xml" {
			continue
		}
		var s struct {
			Rows []struct {
				Cells []struct {
					At    string `xml:"r,attr"`
					Value string `xml:"v"`
					Text  string `xml:"is>t"`
				} `xml:"c"`
			} `xml:"sheetData>row"`
		}
		if err := xml.Unmarshal(b, &s); err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		for _, r := range s.Rows {
			var cells []string
			for _, c := range r.Cells {
				if c.Value != "" {
					c.Text = "#" + c.Value
				}
				cells = append(cells, c.At+"="+c.Text)
			}
			rows = append(rows, cells)
		}
		return rows
	}
	t.Fatal("no sheet")
	return nil
}

func TestColumnName(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := columnName(i); got != want {
			t.Errorf("column %d is %s, want %s", i, got, want)
		}
	}
}
