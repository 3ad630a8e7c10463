package watch_test

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ticketd/internal/metrics"
)

// query is what a query of Prometheus asks for, as far as it matters here. Whether it is well-formed is
// promtool's business.
type query struct {
	selectors []selector
	grouped   []string // labels of by, without, on
}

// selector is a metric with its matchers.
type selector struct {
	metric   string
	matchers []matcher
}

// matcher is one of a label.
type matcher struct{ label, operator, value string }

var (
	space   = regexp.MustCompile(`[ \n\t]+|\[[^\]]*\]|offset +[0-9a-z]+`)
	matches = regexp.MustCompile(`(\w+) *(=~|!~|!=|=) *"([^"]*)"`)
	metric  = regexp.MustCompile(`([a-zA-Z_]\w*)( *\(| *\{[^}]*\})?`)
	grouper = regexp.MustCompile(`\b(by|without|on|ignoring) *\(([^)]*)\)`)
)

// words of the language that are no metrics.
var keywords = []string{"and", "or", "unless", "bool"}

// asks reads a query.
func asks(text string) (q query) {
	text = space.ReplaceAllString(text, " ")
	for _, g := range grouper.FindAllStringSubmatch(text, -1) {
		for label := range strings.SplitSeq(g[2], ",") {
			q.grouped = append(q.grouped, strings.TrimSpace(label))
		}
	}
	text = grouper.ReplaceAllString(text, "")
	for _, m := range metric.FindAllStringSubmatch(text, -1) {
		name, rest := m[1], strings.TrimSpace(m[2])
		if rest == "(" || slices.Contains(keywords, name) {
			continue
		}
		s := selector{metric: name}
		for _, one := range matches.FindAllStringSubmatch(rest, -1) {
			s.matchers = append(s.matchers, matcher{one[1], one[2], one[3]})
		}
		q.selectors = append(q.selectors, s)
	}
	return q
}

func TestAQueryIsReadAsPrometheusReadsIt(t *testing.T) {
	for text, want := range map[string]string{
		`up`: "[{up []}] []",
		`sum without (a, b) (rate(x_total{c="1", d=~"y|z"}[5m])) > 0.5`:          `[{x_total [{c = 1} {d =~ y|z}]}] [a b]`,
		`a{b!="{"} / on (job) c offset 6h unless max_over_time(d[1d] offset 1d)`: `[{a [{b != {}]} {c []} {d []}] [job]`,
		`count(ALERTS) or vector(0)`:                                             "[{ALERTS []}] []",
	} {
		if q := asks(text); fmt.Sprint(q.selectors, " ", q.grouped) != want && fmt.Sprint(q.selectors, q.grouped) != want {
			t.Errorf("%s\nis read as   %v %v\ninstead of   %s", text, q.selectors, q.grouped, want)
		}
	}
}

// catalog is the labels of each metric that Prometheus can have of ticketd.
type catalog map[string][]string

// families asks the very registry of the daemon what it has.
func families(t *testing.T) catalog {
	t.Helper()
	known := catalog{"up": nil, "ALERTS": {"alertname", "alertstate", "severity"}}
	for _, f := range metrics.New(metrics.Options{Logger: slog.New(slog.DiscardHandler)}).Described() {
		known[f.Name] = f.Labels
		if f.Type == "histogram" {
			known[f.Name+"_bucket"] = append([]string{"le"}, f.Labels...)
			known[f.Name+"_sum"], known[f.Name+"_count"] = f.Labels, f.Labels
			delete(known, f.Name)
		}
	}
	runtime := prometheus.NewRegistry()
	runtime.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	all, err := runtime.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		known[f.GetName()] = nil
	}
	return known
}

// wrong says in words which metrics and labels of a query there are none of.
func (c catalog) wrong(text string) (all []string) {
	q := asks(text)
	if len(q.selectors) == 0 {
		all = append(all, "asks for no metric: "+text)
	}
	ofTarget := []string{"job", "instance"}
	somewhere := slices.Clone(ofTarget)
	for _, s := range q.selectors {
		labels, known := c[s.metric]
		if !known {
			all = append(all, "there is no metric "+s.metric)
			continue
		}
		labels = slices.Concat(labels, ofTarget)
		somewhere = append(somewhere, labels...)
		for _, m := range s.matchers {
			if !slices.Contains(labels, m.label) {
				all = append(all, s.metric+" has no label "+m.label)
			}
		}
	}
	for _, label := range q.grouped {
		if !slices.Contains(somewhere, label) {
			all = append(all, "nothing in it has a label "+label+": "+text)
		}
	}
	return all
}

func TestAQueryForWhatThereIsNotIsFound(t *testing.T) {
	known := families(t)
	for text, wrong := range map[string]int{
		`ticketd_store_broken == 1`:                    0,
		`ticketd_stoer_broken == 1`:                    1,
		`ticketd_tickets{status="held"}`:               1,
		`sum by (project) (ticketd_tickets)`:           1,
		`ticketd_webhook_ack_seconds`:                  1,
		`rate(ticketd_webhook_ack_seconds_bucket[5m])`: 0,
		`1 + 1`: 1,
		`process_open_fds{instance="a", tracker="b"}`:   1,
		`ticketd_backlog and on (stage) ticketd_things`: 1,
	} {
		if got := known.wrong(text); len(got) != wrong {
			t.Errorf("%s: %d mistakes are found, not %d: %q", text, len(got), wrong, got)
		}
	}
}
