package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticketd/internal/proof/report"
)

// stream is what `go test -json` writes of four tests: the second fails, the third is skipped, and the last
// ends the process.
const stream = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"attr","Package":"p","Test":"TestA","Key":"proof","Value":"{\"part\":\"Kills\",\"what\":\"5 kills\",\"outcome\":\"0 lost\"}"}
{"Action":"attr","Package":"p","Test":"TestA","Key":"colour","Value":"green"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestB","Output":"seed 17 is wrong\n"}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestC","Output":"    disk_test.go:17: this needs strace\n"}
{"Action":"skip","Package":"p","Test":"TestC","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestD","Output":"=== RUN   TestD\n"}
{"Action":"output","Package":"p","Test":"TestD","Output":"panic: it took too long\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`

func TestRowsAreCollectedAndFailuresAndSkipsShown(t *testing.T) {
	var out bytes.Buffer
	rows, err := listen(strings.NewReader(stream), &out)
	if want := []report.Row{
		{Part: "Kills", What: "5 kills", Outcome: "0 lost"},
		{Part: "Not proven on this machine", What: "TestC", Outcome: "skipped: this needs strace"},
	}; err != nil || !slices.Equal(rows, want) {
		t.Errorf("got %v, %v", rows, err)
	}
	if want := "seed 17 is wrong\n    disk_test.go:17: this needs strace\npanic: it took too long\n"; out.String() != want {
		t.Errorf("shown: %q, want %q", out.String(), want)
	}
}

func TestAStreamThatIsNotUnderstoodIsAnError(t *testing.T) {
	for _, text := range []string{"ok ticketd 0.1s\n", `{"Action":"attr","Key":"proof","Value":"none"}`} {
		if _, err := listen(strings.NewReader(text), new(bytes.Buffer)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestRowsOfOnePartStandTogether(t *testing.T) {
	got := render("by hand", []report.Row{{Part: "B", What: "1|2", Outcome: "ok"}, {Part: "A", What: "x", Outcome: "y"}, {Part: "B", What: "3", Outcome: "ok"}})
	want := "by hand:\n\n| proof | what was done | outcome |\n|---|---|---|\n| B | 1\\|2 | ok |\n| B | 3 | ok |\n| A | x | y |\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestATableIsWrittenIntoItsRegionOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	before := "a\n<!-- prove: begin -->\nold $1\n<!-- prove: end -->\nb\n<!-- prove-long: begin -->\n<!-- prove-long: end -->\n"
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := document(path, "prove", "new $1\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	want := strings.Replace(before, "old $1\n", "\nnew $1\n\n", 1)
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	if err := document(path, "prove-slice", "x"); err == nil {
		t.Error("a region that is not there was written")
	}
}

func TestTheNumberOfInputsIsReadFromTheLastLine(t *testing.T) {
	n, err := executions([]byte("fuzz: elapsed: 0s, gathering baseline coverage: 0/12 completed\n" +
		"fuzz: elapsed: 3s, execs: 102345 (34115/sec), new interesting: 2 (total: 14)\n" +
		"fuzz: elapsed: 4s, execs: 134567 (30122/sec), new interesting: 2 (total: 14)\nPASS\n"))
	if err != nil || n != 134567 {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := executions([]byte("PASS\n")); err == nil {
		t.Error("no number was found, and that is no error")
	}
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}

func TestEveryPartOfTheSliceIsBounded(t *testing.T) {
	for _, p := range parts() {
		if p.limit == 0 {
			t.Errorf("%s may run for ever", p.name)
		}
		if (p.pkg == "") != (p.seconds[usual] > 0) {
			t.Errorf("%s is neither tests nor fuzzing, or both", p.name)
		}
	}
}

func TestEveryArgumentIsAFlagOfItsTests(t *testing.T) {
	for _, p := range parts() {
		files, err := filepath.Glob(filepath.Join("..", "..", p.pkg, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var source strings.Builder
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
		for word := range strings.FieldsSeq(strings.Join(p.args[:], " ")) {
			name, isFlag := strings.CutPrefix(word, "-")
			if isFlag && !regexp.MustCompile(`= flag\.\w+\("`+name+`", `).MatchString(source.String()) {
				t.Errorf("the tests of %s have no flag -%s", p.name, name)
			}
		}
	}
}

func TestEveryProofOfTheHouseIsPartOfTheRun(t *testing.T) {
	elsewhere := map[string]string{
		"./internal/proof/service": "make test-systemd: it needs a package",
		"./internal/proof/watch":   "make test: it is there whole, and has no figures",
	}
	folders, err := filepath.Glob("../proof/*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range folders {
		pkg := "./internal/proof/" + filepath.Base(filepath.Dir(file))
		if elsewhere[pkg] == "" && !slices.ContainsFunc(parts(), func(p part) bool { return p.pkg == pkg }) {
			t.Errorf("%s is not among the parts of make prove", pkg)
		}
	}
}
