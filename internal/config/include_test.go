package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const includeHead = `
[[server.token]]
name = "x"
sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
[github.main]
token = "0d93b1a6e2c84f57a1b8c6d2e4f09375"
`

// folder makes a folder of files and gives it; rules is one rule per name.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), text, 0o600)
	}
	return dir
}

func rules(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "[[rule]]\nname = %q\ntracker = \"main\"\nrepository = \"example/x\"\nmatch.title = %q\n", name, name)
	}
	return b.String()
}

// loaded loads ticketd.toml of a folder and gives its problems with the folder's name left out.
func loaded(t *testing.T, dir string) (*Config, string) {
	t.Helper()
	c, problems := Load(filepath.Join(dir, "ticketd.toml"), environ(t, nil))
	return c, strings.ReplaceAll(problems.String(), dir+"/", "")
}

func TestIncludedRulesComeAfterThoseOfTheMainFileInOrder(t *testing.T) {
	c, problems := loaded(t, folder(t, map[string]string{
		"ticketd.toml":     `include = ["last.toml", "rules/*.toml"]` + includeHead + rules("main"),
		"rules/20.toml":    rules("twenty"),
		"rules/10.toml":    rules("ten-a", "ten-b"),
		"rules/.#30.toml":  "what an editor keeps",
		"rules/notes.text": "no rules",
		"last.toml":        "[[events]]\ntype = \"A\"\nclass = \"ignored\"\n" + rules("last"),
	}))
	if problems != "" {
		t.Fatal(problems)
	}
	if got, want := c.Mapping.Rules(), []string{"main", "last", "ten-a", "ten-b", "twenty"}; !slices.Equal(got, want) {
		t.Errorf("the rules are %q, want %q", got, want)
	}
	if len(c.Events) != 1 || len(c.Files) != 4 || filepath.Base(c.Files[0]) != "ticketd.toml" || filepath.Base(c.Files[3]) != "20.toml" {
		t.Errorf("%d events of %q", len(c.Events), c.Files)
	}
}

func TestAProfileMayStandInAnyFile(t *testing.T) {
	extending := rules("pay") + "extends = \"loud\"\n"
	profile := "[profile.loud]\nlabels = [\"loud\"]\n"
	for name, files := range map[string]map[string]string{
		"included": {"ticketd.toml": `include = ["a.toml"]` + includeHead + extending, "a.toml": profile},
		"main":     {"ticketd.toml": `include = ["a.toml"]` + includeHead + profile, "a.toml": extending},
		"another":  {"ticketd.toml": `include = ["*.toml.part"]` + includeHead, "a.toml.part": extending, "b.toml.part": profile},
	} {
		if c, problems := loaded(t, folder(t, files)); problems != "" || len(c.Profiles["loud"].Labels) != 1 {
			t.Errorf("%s: %s", name, problems)
		}
	}
}

func TestPositionsAreThoseOfTheFileThatHoldsTheKey(t *testing.T) {
	dir := folder(t, map[string]string{
		"ticketd.toml":  `include = ["rules/*.toml"]` + includeHead + rules("main"),
		"rules/10.toml": "# a comment\n" + rules("ten"),
	})
	c, problems := loaded(t, dir)
	if problems != "" {
		t.Fatal(problems)
	}
	for _, tt := range []struct {
		path, file   string
		line, column int
	}{
		{"rule 0 name", "ticketd.toml", 8, 1},
		{"rule 1 name", "rules/10.toml", 3, 1},
		{"rule 1 match title", "rules/10.toml", 6, 7},
		{"rule 1 match severity", "rules/10.toml", 6, 1}, // not there: the table around it
		{"rule 1", "rules/10.toml", 2, 3},
		{"github main token", "ticketd.toml", 6, 1},
		{"defaults", "ticketd.toml", 0, 0},
	} {
		file, line, column := c.Position(strings.Fields(tt.path))
		if file != filepath.Join(dir, tt.file) || line != tt.line || column != tt.column {
			t.Errorf("%s is at %s:%d:%d, want %s:%d:%d", tt.path, file, line, column, tt.file, tt.line, tt.column)
		}
	}
}

func TestWhatAVariableOverridesIsInTheEnvironment(t *testing.T) {
	c := good(t, "testdata/good/github.toml", map[string]string{"TICKETD_LOG_LEVEL": "debug"})
	if file, line, column := c.Position([]string{"log", "level"}); file != environment || line != 0 || column != 0 {
		t.Errorf("it is at %s:%d:%d", file, line, column)
	}
}

func TestWhatCannotBeIncludedIsTold(t *testing.T) {
	for name, tt := range map[string]struct {
		include string
		files   map[string]string
		want    string
	}{
		"a file that is not there": {`["none.toml"]`, nil,
			`ticketd.toml:1:12: error: include[0]: "none.toml" matches no file (a path begins in the folder of ticketd.toml)`},
		"a pattern that matches nothing": {`["rules/*.toml"]`, nil,
			`ticketd.toml:1:12: error: include[0]: "rules/*.toml" matches no file (a path begins in the folder of ticketd.toml)`},
		"a folder": {`["rules"]`, map[string]string{"rules/a.toml": ""},
			`ticketd.toml:1:12: error: include[0]: rules is a folder (write "rules/*.toml" for the files in it)`},
		"two stars": {`["**/*.toml"]`, nil,
			`ticketd.toml:1:12: error: include[0]: holds "**", which has no meaning here (write a file or a pattern such as "rules/*.toml")`},
		"an open bracket": {`["[a"]`, nil,
			`ticketd.toml:1:12: error: include[0]: is no pattern: a bracket is not closed, or nothing follows a backslash (write a file or a pattern such as "rules/*.toml")`},
		"nothing": {`[""]`, nil,
			`ticketd.toml:1:12: error: include[0]: is empty (write a file or a pattern such as "rules/*.toml")`},
		"itself": {`["*.toml"]`, nil,
			`ticketd.toml:1:12: error: include[0]: ticketd.toml is this file itself (include files of rules only)`},
		"one twice": {`["a.toml", "[a]*"]`, map[string]string{"a.toml": ""},
			`ticketd.toml:1:22: error: include[1]: a.toml is included already, as a.toml (include it once)`},
		"a string": {`"a.toml"`, nil,
			`ticketd.toml:1:1: error: include: is a string, must be a list of strings (write it in brackets)`},
		"an include of its own": {`["a.toml"]`, map[string]string{"a.toml": "include = [\"b.toml\"]"},
			`a.toml:1:1: error: include: an included file includes nothing itself (name the files in include of ticketd.toml)`},
		"a tracker and its secret": {`["a.toml"]`, map[string]string{"a.toml": "[jira.x]\ntoken = \"" + canary + "\""},
			`a.toml:1:2: error: jira: does not belong into an included file, which holds [[rule]], [profile.NAME] and [[events]] (put it into ticketd.toml)`},
		"defaults": {`["a.toml"]`, map[string]string{"a.toml": "[defaults]\nlabels = []"},
			`a.toml:1:2: error: defaults: does not belong into an included file, which holds [[rule]], [profile.NAME] and [[events]] (put it into ticketd.toml)`},
		"an unknown key": {`["a.toml"]`, map[string]string{"a.toml": "[[rules]]\n"},
			`a.toml:1:3: error: rules: unknown key (did you mean "rule"?)`},
		"a rule in one pair of brackets": {`["a.toml"]`, map[string]string{"a.toml": "[rule]\n"},
			`a.toml:1:2: error: rule: is a table, must be a list (write [[rule]] with two brackets)`},
		"a profile that is none": {`["a.toml"]`, map[string]string{"a.toml": "profile = 1\n"},
			`a.toml:1:1: error: profile: is a whole number, must be a table`},
		"a broken file": {`["a.toml"]`, map[string]string{"a.toml": "# fine\nx = \n"},
			`a.toml:2:5: error: is no TOML: unexpected character at start of value (the rest of the file was not read)`},
		"a file of bytes": {`["a.toml"]`, map[string]string{"a.toml": "\x00"},
			`a.toml: error: is no text file (it must be TOML in UTF-8)`},
		"a file that is too large": {`["a.toml"]`, map[string]string{"a.toml": strings.Repeat("#", maxFile+1)},
			`ticketd.toml:1:12: error: include[0]: a.toml is larger than 1 MiB`},
		"a profile of the same name": {`["*.part"]`, map[string]string{"a.part": "[profile.x]\nlabels = [\"a\"]\n", "b.part": "\n[profile.x]\n"},
			`b.part:2:10: error: profile.x: is given twice, first in a.part:1 (give one of them another name)`},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"ticketd.toml": "include = " + tt.include + includeHead + rules("main")}
			maps.Copy(files, tt.files)
			_, got := loaded(t, folder(t, files))
			if got != tt.want && !strings.HasSuffix(got, "\n"+tt.want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			if strings.Contains(got, canary) {
				t.Error("a secret is shown")
			}
		})
	}
}

func TestLinksPipesAndUnreadableFilesAreToldAndNotWaitedFor(t *testing.T) {
	dir := folder(t, map[string]string{"ticketd.toml": `include = ["*.part"]` + includeHead + rules("main"), "a.part": rules("a")})
	for from, to := range map[string]string{"b.part": "a.part", "loop.part": "loop.part", "main.part": "ticketd.toml", "none.part": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.part"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, got := loaded(t, dir)
	for _, want := range []string{
		"b.part is included already, as a.part (include it once)",
		"loop.part cannot be read: too many levels of symbolic links",
		"main.part is this file itself",
		"none.part cannot be read: no such file or directory",
		"pipe.part is no regular file",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
}

func TestTheNumberAndSizeOfIncludedFilesAreBounded(t *testing.T) {
	many := map[string]string{"ticketd.toml": `include = ["*.part"]` + includeHead + rules("main")}
	for i := range maxIncluded + 1 {
		many[fmt.Sprintf("%03d.part", i)] = ""
	}
	if _, got := loaded(t, folder(t, many)); !strings.Contains(got, "256.part is one too many: more than 256 files are included") || strings.Contains(got, "255.part") {
		t.Error(got)
	}
	large := map[string]string{"ticketd.toml": `include = ["*.part"]` + includeHead + rules("main")}
	for i := range maxIncludedBytes/maxFile + 1 {
		large[fmt.Sprintf("%03d.part", i)] = strings.Repeat("#", maxFile)
	}
	if _, got := loaded(t, folder(t, large)); !strings.Contains(got, "008.part is too much: the included files are larger than 8 MiB together") || strings.Contains(got, "007.part") {
		t.Error(got)
	}
}

func TestRulesAreNotBlamedForAFileThatCouldNotBeRead(t *testing.T) {
	_, got := loaded(t, folder(t, map[string]string{
		"ticketd.toml": `include = ["none.toml"]` + includeHead + rules("pay") + "extends = \"loud\"\n[log]\nformat = \"xml\"\n",
	}))
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "include[0]") || !strings.Contains(got, "log.format") {
		t.Errorf("got:\n%s\nwant the missing file and the mistake elsewhere", got)
	}
}

func TestARuleIsNotToldToMissWhatItHasButCouldNotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"[[rule]]\ntracker = \"main\"\nrepositry = \"a/b\"":                                        `rule[0].repositry: unknown key (did you mean "repository"?)`,
		"[[rule]]\ntracker = \"main\"\nrepo = \"a/b\"":                                             `rule[0].repo: unknown key (did you mean "repository"?)`,
		"[[rule]]\ntracker = \"main\"\nrepository = 5":                                             `rule[0].repository: is a whole number, must be a string (write it in quotes)`,
		"[[rule]]\ntracker = [\"main\"]\nrepository = \"a/b\"":                                     `rule[0].tracker: is a list, must be a string`,
		"[defaults]\ntracker = 1\n[[rule]]\nrepository = \"a/b\"":                                  `defaults.tracker: is a whole number, must be a string (write it in quotes)`,
		"[defaults]\ntracer = \"main\"\n[[rule]]\nrepository = \"a/b\"":                            `defaults.tracer: unknown key (did you mean "tracker"?)`,
		"[profile.x]\ntracker = 1\n[[rule]]\nextends = \"x\"\nrepository = \"a/b\"":                `profile.x.tracker: is a whole number, must be a string (write it in quotes)`,
		"[[rule]]\nextends = 1\nrepository = \"a/b\"":                                              `rule[0].extends: is a whole number, must be a string or a list of strings (write it in quotes)`,
		"[[rule]]\nmatch = 1\ntracker = \"main\"\nrepository = \"a/b\"\n" + rules("next"):          `rule[0].match: is a whole number, must be a table`,
		"[profile]\nlabels = []\n[[rule]]\ntracker = \"main\"\nrepository = \"a/b\"":               `profile.labels: is a list, must be a table (give the profile a name: [profile.NAME])`,
		"[jira]\nsecurity = \"x\"\n[[rule]]\ntracker = \"security\"\nproject = \"SEC\"":            `jira.security: is a string, must be a table (give the tracker a name: [jira.NAME])`,
		"[[rule]]\ntracker = \"main\"\n[rule.match]\nrepository = \"a/b\"":                         `rule[0].match.repository: unknown key (it is a key of rule[0]: write it above [rule.match])`,
		"[[rule]]\ntracker = \"main\"\nmatch = { repository = \"a/b\" }":                           `rule[0].match.repository: unknown key (it is a key of rule[0])`,
		"[[rule]]\ntracker = \"main\"\nrepository = 5\nrepo = \"a/b\"\nmatch.severty = \"HIGH\"\n": ``,
	} {
		_, problems := Parse("x.toml", []byte(includeHead+text), environ(t, nil))
		if want == "" {
			if len(problems) != 3 {
				t.Errorf("of three mistakes these are told:\n%s", problems)
			}
			continue
		}
		if len(problems) != 1 || !strings.HasSuffix(problems.String(), ": error: "+want) {
			t.Errorf("got:\n%s\nwant:\n%s", problems, want)
		}
	}
}
