package watch_test

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oasdiff/yaml"
)

// rule is an alert.
type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// alerts reads the alerts as they are shipped.
func alerts(t *testing.T) (all []rule) {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []rule `json:"rules"`
		} `json:"groups"`
	}
	decode(t, alertsFile, &file)
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) == 0 {
		t.Fatal("there are no alerts")
	}
	return all
}

// names gives the names of the alerts, each once.
func names(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, a := range alerts(t) {
		all = append(all, a.Alert)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	if _, err := yaml.Unmarshal(read(t, path), into, yaml.DecodeOpts{}); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestPrometheusTakesTheAlerts(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", alertsFile)
}

func TestEveryAlertFiresAtItsEdgeAndNotBefore(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: promtool takes its time, and is not looked into")
	}
	if version := promtool(t, "--version"); !strings.HasPrefix(version, "promtool, version 2.") {
		t.Skipf("the edges are those of Prometheus 2, whose ranges hold both their ends: %s", version)
	}
	for _, file := range scenarioFiles() {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			promtool(t, "test", "rules", filepath.Join(prometheusFolder, file))
		})
	}
}

// scenarioFiles are the tests of promtool.
func scenarioFiles() []string {
	return []string{"alerts_test.yaml", "alerts_hours_test.yaml", "alerts_days_test.yaml"}
}

// scenario is a test of promtool.
type scenario struct {
	Name   string `json:"name"`
	Series []struct {
		Series string `json:"series"`
	} `json:"input_series"`
	Checks []struct {
		Alert string     `json:"alertname"`
		Fires []struct{} `json:"exp_alerts"`
	} `json:"alert_rule_test"`
}

func scenarios(t *testing.T) (all []scenario) {
	t.Helper()
	for _, name := range scenarioFiles() {
		var file struct {
			Tests []scenario `json:"tests"`
		}
		decode(t, filepath.Join(prometheusFolder, name), &file)
		all = append(all, file.Tests...)
	}
	return all
}

func TestEveryAlertIsShownFiringAndNotFiring(t *testing.T) {
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, s := range scenarios(t) {
		for _, c := range s.Checks {
			shown := rests
			if len(c.Fires) > 0 {
				shown = fires
			}
			shown[c.Alert] = true
		}
	}
	for _, name := range names(t) {
		if !fires[name] || !rests[name] {
			t.Errorf("%s is shown firing: %t, not firing: %t", name, fires[name], rests[name])
		}
		delete(fires, name)
	}
	for name := range fires {
		t.Errorf("%s is tested, and no alert", name)
	}
}

// A series that is misspelled in a test makes "does not fire" true whatever the rule says.
func TestTheScenariosAreMadeOfMetricsThatThereAre(t *testing.T) {
	known := families(t)
	for _, s := range scenarios(t) {
		for _, input := range s.Series {
			for _, wrong := range known.wrong(input.Series) {
				t.Errorf("%s: %s", s.Name, wrong)
			}
		}
	}
}

func TestEveryAlertSaysHowUrgentItIsWhatItIsAndWhatToDo(t *testing.T) {
	for _, a := range alerts(t) {
		if !slices.Contains([]string{"page", "ticket"}, a.Labels["severity"]) {
			t.Errorf("%s: severity is %q", a.Alert, a.Labels["severity"])
		}
		if a.Annotations["summary"] == "" || !strings.Contains(a.Annotations["description"], "{{") {
			t.Errorf("%s says too little: %q", a.Alert, a.Annotations)
		}
		if want := "file://" + installed + "/docs/runbook.md#" + strings.ToLower(a.Alert); a.Annotations["runbook_url"] != want {
			t.Errorf("%s: the runbook is said to be at %q, not at %q", a.Alert, a.Annotations["runbook_url"], want)
		}
	}
}

// The packages keep the folders of the repository, so that what is linked from one file is beside it.
func TestThePackagesPutTheRunbookAndTheAlertsWhereTheyAreSaidToBe(t *testing.T) {
	var packages struct {
		Contents []struct {
			Src string `json:"src"`
			Dst string `json:"dst"`
		} `json:"contents"`
	}
	decode(t, "../../../packaging/nfpm.yaml", &packages)
	for _, file := range []string{"docs/runbook.md", "packaging/prometheus/alerts.yaml", "packaging/prometheus/scrape.example.yaml", "packaging/grafana/ticketd.json"} {
		where := installed + "/" + file
		there := false
		for _, c := range packages.Contents {
			is, err := path.Match(c.Src, file)
			there = there || is && err == nil && (c.Dst == where || c.Dst == path.Dir(where))
		}
		if !there {
			t.Errorf("%s is not put at %s", file, where)
		}
	}
	if scrape := string(read(t, scrapeFile)); !strings.Contains(scrape, installed+"/packaging/prometheus/alerts.yaml") {
		t.Errorf("the example names another place of the alerts:\n%s", scrape)
	}
}

func TestPrometheusTakesTheExample(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "config", "--syntax-only", scrapeFile)
	if !strings.Contains(string(read(t, scrapeFile)), "job_name: ticketd ") {
		t.Error("the job has another name than the one that the alerts ask for")
	}
}

func TestEveryAlertHasItsChapterAndEveryChapterItsAlert(t *testing.T) {
	var chapters []string
	for _, heading := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(read(t, runbookFile)), -1) {
		chapters = append(chapters, heading[1])
	}
	slices.Sort(chapters)
	if want := names(t); !slices.Equal(chapters, want) {
		t.Errorf("chapters of the runbook: %q\nalerts: %q", chapters, want)
	}
}

func TestEveryChapterSaysWhatTheAlertMeansAndWhatStillWorks(t *testing.T) {
	_, text, _ := strings.Cut(string(read(t, runbookFile)), "\n## ")
	for chapter := range strings.SplitSeq(text, "\n## ") {
		for _, part := range []string{"\n**Means:** ", "\n**Meanwhile:** "} {
			if strings.Count(chapter, part) != 1 {
				name, _, _ := strings.Cut(chapter, "\n")
				t.Errorf("%s: %q is not there once", name, strings.TrimSpace(part))
			}
		}
	}
}

func TestTheAlertsAskForMetricsThatThereAre(t *testing.T) {
	known := families(t)
	for _, a := range alerts(t) {
		for _, wrong := range known.wrong(a.Expr) {
			t.Errorf("%s: %s", a.Alert, wrong)
		}
	}
}
