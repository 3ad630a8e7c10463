package watch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// dashboard is what Grafana reads, as far as it matters here.
type dashboard struct {
	Title       string `json:"title"`
	UID         string `json:"uid"`
	Panels      []panel
	Annotations struct {
		List []target `json:"list"`
	} `json:"annotations"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int      `json:"id"`
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Position    position `json:"gridPos"`
	Targets     []target `json:"targets"`
}

// position is in a grid of 24 columns.
type position struct{ X, Y, W, H int }

type target struct {
	Datasource struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	} `json:"datasource"`
	Expr   string `json:"expr"`
	Legend string `json:"legendFormat"`
}

type variable struct {
	Name       string `json:"name"`
	Definition string `json:"definition"`
}

// columns is the width of a dashboard.
const columns = 24

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal(read(t, dashboardFile), &d); err != nil {
		t.Fatal(err)
	}
	if d.Title != "ticketd" || d.UID != "ticketd" {
		t.Fatalf("the dashboard is called %q, %q", d.Title, d.UID)
	}
	return d
}

// queries gives all of them with the variables filled in, by where they stand.
func (d dashboard) queries() map[string]string {
	all := map[string]string{}
	fill := strings.NewReplacer("$instance", ".+", "$__rate_interval", "1m")
	for _, p := range d.Panels {
		for i, q := range p.Targets {
			all[fmt.Sprintf("%s (%d)", p.Title, i+1)] = fill.Replace(q.Expr)
		}
	}
	for _, a := range d.Annotations.List {
		all[a.Expr] = fill.Replace(a.Expr)
	}
	return all
}

func TestTheDashboardHasARowForEverythingAndNoPanelWithoutAQuery(t *testing.T) {
	var rows []string
	ids, titles := map[int]bool{}, map[string]bool{}
	for _, p := range readDashboard(t).Panels {
		if ids[p.ID] || titles[p.Title] {
			t.Errorf("%q: its id or title is there twice", p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		if p.Type == "row" {
			rows = append(rows, p.Title)
			continue
		}
		if len(p.Targets) == 0 {
			t.Errorf("%q asks for nothing", p.Title)
		}
	}
	if want := []string{"Is it well?", "Intake", "Backlog", "Trackers", "Tickets", "Store", "Process"}; !slices.Equal(rows, want) {
		t.Errorf("rows: %q, want %q", rows, want)
	}
}

func TestEveryPanelSaysWhatABadValueMeans(t *testing.T) {
	for _, p := range readDashboard(t).Panels {
		if p.Type != "row" && strings.Count(p.Description+" ", ". ") < 2 {
			t.Errorf("%q: what it is and what a bad value means are two sentences at least: %q", p.Title, p.Description)
		}
	}
}

func TestPanelsStandBesideEachOther(t *testing.T) {
	var taken [][columns]string
	for _, p := range readDashboard(t).Panels {
		at := p.Position
		if at.W < 1 || at.H < 1 || at.X < 0 || at.X+at.W > columns {
			t.Fatalf("%q has no place: %+v", p.Title, at)
		}
		for len(taken) < at.Y+at.H {
			taken = append(taken, [columns]string{})
		}
		for y := at.Y; y < at.Y+at.H; y++ {
			for x := at.X; x < at.X+at.W; x++ {
				if other := taken[y][x]; other != "" {
					t.Fatalf("%q covers %q", p.Title, other)
				}
				taken[y][x] = p.Title
			}
		}
	}
}

func TestTheDashboardAsksTheChosenPrometheusForTheChosenInstances(t *testing.T) {
	d := readDashboard(t)
	var defined []string
	for _, v := range d.Templating.List {
		defined = append(defined, v.Name)
	}
	if want := []string{"datasource", "instance"}; !slices.Equal(defined, want) {
		t.Errorf("variables: %q, want %q", defined, want)
	}
	all := slices.Clone(d.Annotations.List)
	for _, p := range d.Panels {
		all = append(all, p.Targets...)
	}
	for _, q := range all {
		if q.Datasource.Type != "prometheus" || q.Datasource.UID != "${datasource}" {
			t.Errorf("asks another data source, %+v: %s", q.Datasource, q.Expr)
		}
		for _, s := range asks(q.Expr).selectors {
			if !slices.Contains(s.matchers, matcher{"instance", "=~", "$instance"}) {
				t.Errorf("%s is not asked of the chosen instances: %s", s.metric, q.Expr)
			}
		}
	}
}

func TestTheDashboardAsksForMetricsThatThereAre(t *testing.T) {
	known := families(t)
	d := readDashboard(t)
	for name, q := range d.queries() {
		for _, wrong := range known.wrong(q) {
			t.Errorf("%s: %s", name, wrong)
		}
	}
	for _, v := range d.Templating.List {
		if m, _, is := strings.Cut(strings.TrimPrefix(v.Definition, "label_values("), ","); is && known[m] == nil {
			t.Errorf("variable %s: there is no metric %s", v.Name, m)
		}
	}
}

func TestPrometheusUnderstandsEveryQueryOfTheDashboard(t *testing.T) {
	t.Parallel()
	var rules strings.Builder
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	for name, q := range readDashboard(t).queries() {
		fmt.Fprintf(&rules, "  - record: dashboard\n    labels: {panel: %q}\n    expr: %q\n", name, q)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	if err := os.WriteFile(file, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", file)
}

// What nobody looks at need not be counted.
func TestEveryMetricIsLookedAt(t *testing.T) {
	part := strings.NewReplacer("_bucket", "", "_sum", "", "_count", "") // of a histogram
	looked := map[string]bool{}
	look := func(text string) {
		for _, s := range asks(text).selectors {
			looked[part.Replace(s.metric)] = true
		}
	}
	for _, q := range readDashboard(t).queries() {
		look(q)
	}
	for _, a := range alerts(t) {
		look(a.Expr)
	}
	for name := range families(t) {
		if strings.HasPrefix(name, "ticketd_") && !looked[part.Replace(name)] {
			t.Errorf("neither an alert nor the dashboard asks for %s", name)
		}
	}
}
