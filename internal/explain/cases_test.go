package explain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketd/internal/explain"
)

// folder makes a folder of files; a name that ends in "/" is a folder in it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		var err error
		if strings.HasSuffix(name, "/") {
			err = os.Mkdir(filepath.Join(dir, name), 0o755)
		} else {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAFolderOfCasesIsRunInOrderOfTheNamesAndEachCaseStandsForItself(t *testing.T) {
	violation := string(body("OPENED", "OPEN", "v-1", 1611058000, "relevance", "URGENT"))
	closing := string(body("RESOLVED", "RESOLVED", "v-1", 1611059000))
	dir := folder(t, map[string]string{
		"pair.json": violation, "pair.want": "rule = everything\n",
		"archive.txtar":  "-- event.json --\n" + violation + "\n-- want --\nproject = SEC\n",
		"several.txtar":  "-- want --\ndisposition = resolved\n-- event2.json --\n" + closing + "\n-- event1.json --\n" + violation + "\n",
		"wrong.txtar":    "-- event.json --\n" + violation + "\n-- want --\nproject = PAY\nrule = everything\n",
		"b-gap.txtar":    "-- event1.json --\n" + violation + "\n-- event3.json --\n" + closing + "\n-- want --\nproject = SEC\n",
		"b-no-want.json": violation,
		"b-lonely.want":  "project = SEC\n",
		"b-none.txtar":   "-- want --\nproject = SEC\n",
		"b-silent.txtar": "-- event.json --\n{}\n",
		"b-more.txtar":   "-- event.json --\n{}\n-- other --\n-- want --\nproject = SEC\n",
		"b-twice.txtar":  "-- event.json --\n{}\n-- event1.json --\n{}\n-- want --\nproject = SEC\n",
		"b-typo.txtar":   "-- event.json --\n{}\n-- want --\nprojekt = SEC\n",
		"b-folder.want":  "project = SEC\n", "b-folder.json/": "",
		"README.md": "no case", "sub/": "",
	})
	cases, err := explain.Cases(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cases {
		o := c.Run(options(t, everything))
		told := o.Name + ": ok"
		switch {
		case o.Error != "":
			told = o.Name + ": " + o.Error
		case !o.OK:
			told = o.Name + ": " + o.Misses[0].String()
		}
		if (o.Explanation == nil) != (o.Error != "") {
			t.Errorf("%s is explained by %+v", o.Name, o.Explanation)
		}
		got = append(got, told)
	}
	want := []string{
		"archive: ok",
		"b-folder: b-folder.json is no file",
		"b-gap: event2.json is missing",
		"b-lonely: b-lonely.json is missing",
		"b-more: \"other\" is neither want, nor event.json, nor event1.json and so on",
		"b-no-want: b-no-want.want is missing",
		"b-none: event.json is missing",
		"b-silent: want is missing",
		"b-twice: it holds event 1 twice",
		"b-typo: want: line 1: \"projekt\" cannot be wanted; there are " + strings.Join(explain.WantKeys(), ", "),
		"pair: ok",
		"several: ok",
		"wrong: wanted project = PAY, got \"SEC\"",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAFolderWithoutACaseIsAnError(t *testing.T) {
	for _, dir := range []string{folder(t, map[string]string{"README.md": ""}), filepath.Join(t.TempDir(), "none")} {
		if cases, err := explain.Cases(dir); err == nil {
			t.Errorf("%s: %d cases", dir, len(cases))
		}
	}
}
