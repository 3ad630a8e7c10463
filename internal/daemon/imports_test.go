package daemon_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Values flow one way: receive → store → apply → store → deliver → tracker, and the parts meet
// only in internal/daemon. The tables below are that sentence, folder by folder. They bind product
// code; a test may import what it needs.

// mayImport says what a folder may import of this module. A folder that is not named may import
// nothing of it. "..." is everything that the table onlyIn leaves open.
func mayImport() map[string][]string {
	values := []string{"internal/finding", "internal/ticket"}
	stage := append([]string{"internal/datatheorem", "internal/proof", "internal/pulse", "internal/wake", "mapping", "store"}, values...)
	return map[string][]string{
		"internal/finding":     nil,
		"internal/ticket":      nil,
		"internal/datatheorem": {"internal/finding"},
		"internal/wake":        nil,
		"internal/pulse":       {"internal/proof"},
		"internal/roff":        nil,
		"internal/systemd":     nil,
		"internal/metrics":     append([]string{"store"}, values...),
		"internal/proof":       nil,
		"internal/prove":       {"internal/proof/report"},
		"internal/pack":        {"internal/roff"},

		"mapping": values,
		"store":   append([]string{"internal/proof"}, values...),

		"internal/config": {"internal/datatheorem", "internal/finding", "internal/ticket", "mapping"},

		"internal/outbound":          {"internal/ticket"},
		"internal/jira":              {"internal/ticket", "internal/outbound"},
		"internal/github":            {"internal/ticket", "internal/outbound"},
		"internal/practice":          nil,
		"internal/jira/jiratest":     {"internal/practice"},
		"internal/github/githubtest": {"internal/practice"},
		"internal/ticket/tickettest": {"internal/ticket"},

		"internal/receive": stage,
		"internal/apply":   stage,
		"internal/deliver": stage,
		"internal/web":     stage,

		"internal/doctor": {"internal/ticket"},

		"internal/daemon":        {"..."},
		"internal/demo":          {"..."},
		"internal/proof/program": {"..."},
		"internal/explain":       {"..."},
		"cmd/ticketd":            {"..."},
	}
}

// onlyIn says which folders alone may import a package, ours or another's. Keys are patterns of
// path.Match; a key that ends in "/..." means the package and everything below it.
func onlyIn() map[string][]string {
	return map[string][]string{
		"cmd/...":           nil,
		"internal/demo":     {"cmd/ticketd"},
		"internal/explain":  {"cmd/ticketd"},
		"internal/doctor":   {"cmd/ticketd", "internal/daemon"},
		"internal/daemon":   {"cmd/ticketd", "internal/demo", "internal/explain"},
		"internal/receive":  {"internal/daemon"},
		"internal/apply":    {"internal/daemon", "internal/explain"},
		"internal/deliver":  {"internal/daemon", "internal/explain"},
		"internal/web":      {"internal/daemon"},
		"internal/metrics":  {"internal/daemon"},
		"internal/systemd":  {"cmd/ticketd", "internal/daemon"},
		"internal/roff":     {"cmd/ticketd", "internal/pack"},
		"internal/outbound": {"internal/daemon", "internal/jira", "internal/github"},
		"internal/jira":     {"internal/daemon"},
		"internal/github":   {"internal/daemon"},

		// The fakes, and the sample events, are for tests, for the demonstration, and for the rehearsal
		// that explain shows the requests of.
		"internal/*/*test":             {"cmd/ticketd", "internal/demo", "internal/explain", "internal/proof/program"},
		"internal/datatheorem/samples": {"cmd/ticketd", "internal/demo", "internal/proof/program"},
		"internal/practice":            {"internal/jira/jiratest", "internal/github/githubtest"},

		// One owner for each library that shapes the code around it.
		"database/sql/...":                    {"store"},
		"modernc.org/sqlite/...":              {"store"},
		"github.com/pressly/goose/...":        {"store"},
		"github.com/andygrunwald/go-jira/...": {"internal/jira"},
		"github.com/google/go-github/...":     {"internal/github"},
		"github.com/hashicorp/...":            {"internal/outbound"},
		"github.com/pelletier/go-toml/...":    {"internal/config"},
		"github.com/alecthomas/...":           {"cmd/ticketd"},
		"github.com/muesli/...":               {"cmd/ticketd"},
		"github.com/prometheus/...":           {"internal/metrics"},
		"github.com/coreos/go-systemd/...":    {"internal/systemd"},
		"github.com/expr-lang/expr/...":       {"mapping"},

		// Of use in tests alone.
		"testing/...":           {"internal/proof/report", "internal/proof/program"},
		"net/http/httptest":     nil,
		"github.com/getkin/...": nil,
		"github.com/rogpeppe/go-internal/testscript/...": nil,
		"github.com/santhosh-tekuri/...":                 nil,
		"github.com/yuin/goldmark/...":                   nil,
		"go.uber.org/goleak/...":                         nil,
		"pgregory.net/rapid/...":                         nil,
	}
}

// onlyCalledIn says which folders alone may use a name of the standard library: elsewhere the
// environment and the end of the process are somebody's argument or result.
func onlyCalledIn() map[string][]string {
	face := []string{"cmd/ticketd", "internal/config"}
	return map[string][]string{
		"os.Exit":      append([]string{"internal/pack", "internal/prove", "internal/proof/program"}, face...),
		"os.Getenv":    append([]string{"internal/proof"}, face...), // of a build for proofs alone
		"os.LookupEnv": face,
		"os.Environ":   face,
		"os.ExpandEnv": face,
		"log.Fatal":    nil,
		"log.Fatalf":   nil,
		"log.Fatalln":  nil,
	}
}

func TestEveryFolderImportsOnlyWhatTheDesignAllows(t *testing.T) {
	module, files := sourceFiles(t)
	for _, f := range files {
		if f.test {
			continue
		}
		for _, to := range f.imports {
			if why := forbiddenImport(f.folder, to, module); why != "" {
				t.Errorf("%s imports %s: %s", f.name, to, why)
			}
		}
	}
}

func TestOnlyTheFaceReadsTheEnvironmentAndEndsTheProcess(t *testing.T) {
	_, files := sourceFiles(t)
	for _, f := range files {
		for _, name := range f.uses {
			if owners, bound := onlyCalledIn()[name]; bound && !f.test && !slices.Contains(owners, f.folder) {
				t.Errorf("%s uses %s, which is for %s", f.name, name, readers(owners))
			}
		}
	}
}

func TestATestSleepsOnlyWhereTimeIsVirtual(t *testing.T) {
	_, files := sourceFiles(t)
	for _, f := range files {
		if f.test && slices.Contains(f.uses, "time.Sleep") && !slices.Contains(f.imports, "testing/synctest") {
			t.Errorf("%s sleeps in real time", f.name)
		}
	}
}

func TestTheImportRulesForbidWhatTheDesignForbids(t *testing.T) {
	tests := []struct {
		from, to string
		allowed  bool
	}{
		{"internal/finding", "m/internal/ticket", false},
		{"internal/finding", "encoding/json", true},
		{"mapping", "m/internal/finding", true},
		{"mapping", "m/store", false},
		{"store", "m/mapping", false},
		{"store", "database/sql/driver", true},
		{"internal/web", "database/sql", false},
		{"internal/jira", "m/internal/outbound", true},
		{"internal/jira", "m/internal/github", false},
		{"internal/jira", "m/internal/jira/jiratest", false},
		{"internal/apply", "m/internal/deliver", false},
		{"internal/receive", "m/internal/apply", false},
		{"internal/daemon", "m/internal/deliver", true},
		{"internal/daemon", "m/internal/jira/jiratest", false},
		{"internal/daemon", "m/cmd/ticketd", false},
		{"internal/demo", "m/internal/jira/jiratest", true},
		{"internal/jira/jiratest", "m/internal/practice", true},
		{"internal/demo", "m/internal/practice", false},
		{"cmd/ticketd", "m/internal/demo", true},
		{"cmd/ticketd", "m/internal/deliver", false},
		{"cmd/ticketd", "github.com/alecthomas/kong", true},
		{"internal/config", "github.com/alecthomas/kong", false},
		{"internal/deliver", "pgregory.net/rapid", false},
		{"internal/receive", "net/http", true},
		{"internal/receive", "net/http/httptest", false},
		{"internal/newcomer", "m/internal/finding", false},
	}
	for _, tt := range tests {
		if why := forbiddenImport(tt.from, tt.to, "m"); (why == "") != tt.allowed {
			t.Errorf("%s imports %s: allowed %v, want %v (%s)", tt.from, tt.to, why == "", tt.allowed, why)
		}
	}
}

// forbiddenImport says in words why folder must not import the package to, or "".
func forbiddenImport(folder, to, module string) string {
	name, ours := strings.CutPrefix(to, module+"/")
	for pattern, owners := range onlyIn() {
		if matches(pattern, name) && !slices.Contains(owners, folder) {
			return pattern + " is for " + readers(owners)
		}
	}
	if !ours {
		return ""
	}
	allowed := mayImport()[folder]
	if slices.Contains(allowed, "...") || slices.Contains(allowed, name) {
		return ""
	}
	return "of this module, " + folder + " may import only " + strings.Join(allowed, ", ")
}

func matches(pattern, name string) bool {
	if parent, below := strings.CutSuffix(pattern, "/..."); below {
		return name == parent || strings.HasPrefix(name, parent+"/")
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

func readers(folders []string) string {
	if len(folders) == 0 {
		return "tests only"
	}
	return strings.Join(folders, " and ") + " only"
}

// sourceFile is one Go file: its name and folder from the root of the module, whether it is part of
// a test, the paths it imports, and the package-qualified names it uses, such as os.Exit.
type sourceFile struct {
	name, folder  string
	test          bool
	imports, uses []string
}

// sourceFiles reads every Go file of the module, for whatever platform it is meant.
func sourceFiles(t *testing.T) (module string, files []sourceFile) {
	t.Helper()
	if testing.Short() {
		t.Skip("a short run, which is that of the race detector, reads no source")
	}
	root := filepath.Join("..", "..")
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(mod), "\n")
	module, found := strings.CutPrefix(first, "module ")
	if !found {
		t.Fatalf("go.mod begins with %q, not with the module's path", first)
	}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && isElsewhere(name, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		file, err := readFile(root, name)
		files = append(files, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("found %d files; the walk is broken", len(files))
	}
	return module, files
}

// isElsewhere reports whether a folder holds no package of this module, as the go command sees it.
func isElsewhere(folder, base string) bool {
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

func readFile(root, name string) (sourceFile, error) {
	syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return sourceFile{}, err
	}
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return sourceFile{}, err
	}
	relative = filepath.ToSlash(relative)
	file := sourceFile{name: relative, folder: path.Dir(relative), test: strings.HasSuffix(relative, "_test.go")}
	local := map[string]string{} // the name a package goes by in this file → its path
	for _, spec := range syntax.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return sourceFile{}, err
		}
		file.imports = append(file.imports, to)
		if spec.Name != nil {
			local[spec.Name.Name] = to
		} else {
			local[path.Base(to)] = to
		}
	}
	ast.Inspect(syntax, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := selector.X.(*ast.Ident); ok && local[pkg.Name] != "" {
				file.uses = append(file.uses, local[pkg.Name]+"."+selector.Sel.Name)
			}
		}
		return true
	})
	return file, nil
}
