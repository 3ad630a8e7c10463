package outbound

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ticketd/internal/deliver"
	"ticketd/internal/proof/report"
	"ticketd/internal/ticket"
)

// The table. A request is spoilt in every way, and the operation that it belongs to must decide:
//
//	the answer                         a read                a write
//	is none, cut, endless, an error    retry                 doubt
//	is a success of no use             retry                 doubt
//	is a redirect, whatever the code   a person must act     a person must act
//	is labelled wrongly                success               success
//
// Nothing may be concluded from an answer that does not hold what was asked for: never success, and
// never that an issue is missing or gone.
const (
	onSilence  = "an answer that is none"
	onUnfit    = "a success of no use"
	onCut      = "an answer that is cut"
	onRedirect = "a redirect"
	onWrong    = "an answer with another member"
	onLabel    = "a wrong label"
)

// decisions gives what may come of a request that is spoilt, by the table; "" is success.
func decisions(k kind, request, class string) []string {
	nothing := ticket.Retry.String()
	if writes(request) {
		nothing = ticket.Doubt.String()
	}
	switch class {
	case onRedirect:
		if strings.HasPrefix(k.name, "Jira") { // its site has moved
			return []string{ticket.HoldTracker.String()}
		}
		return []string{ticket.HoldDestination.String()} // the repository has
	case onLabel:
		return []string{""}
	case onWrong: // what nobody asks for may be anything
		return []string{"", nothing}
	}
	return []string{nothing}
}

// exception is where the table does not hold, and why that is right.
type exception struct{ tracker, request, class, fault, decision, why string }

func exceptions() []exception {
	return []exception{
		{"Jira", "/myself", onUnfit, `{}`, "hold-tracker", "a Jira that knows nobody by the credential"},
		{"Jira", "/myself", onUnfit, `null`, "hold-tracker", "likewise"},
		{"Jira", "/myself", onWrong, "is <nil>", "hold-tracker", "likewise"},
		{"Jira", "PUT ", onUnfit, "", "", "the right answer is empty: there is no member that could be missing"},
		{"Jira", "DELETE ", onUnfit, "", "", "likewise"},
		{"Jira", "POST /rest/api/2/issue/10001/transitions", onUnfit, "", "", "likewise; the state is read afterwards"},
		{"Jira", "POST /rest/api/3/issue/10001/transitions", onUnfit, "", "", "likewise"},
		{"Jira", "/transitions", onUnfit, "[]", "refused", "a workflow without a way"},
		{"Jira", "/transitions", onWrong, "transitions", "refused", "a transition that leads elsewhere is none"},
		{"Jira", "GET /rest/api/", onWrong, "statusCategory", "refused", "a status of an unknown category"},
		{"Jira", "/comment", onUnfit, "[]", "", "there are no comments"},
		{"GitHub", "GET /repos/acme/app/issues", onUnfit, "[]", "", "the right answer where there is none"},
		{"GitHub", "DELETE /repos/acme/app/issues/comments/", onUnfit, "", "", "204 is the whole answer"},
		{"GitHub", "/access_tokens", onWrong, "token is ", "hold-tracker", "a credential that GitHub does not take"},
		{"GitHub", "GET /repos/acme/app/installation", onWrong, "id is ", "hold-destination", "an installation that there is none of"},
		{"GitHub", "/labels", onUnfit, "[", "", "a list, and of its items none is needed"},
		{"GitHub", "/labels", onWrong, "", "", "likewise"},
	}
}

func excepted(k kind, request, class, fault, decision string) bool {
	return slices.ContainsFunc(exceptions(), func(e exception) bool {
		return strings.HasPrefix(k.name, e.tracker) && strings.Contains(request, e.request) && e.class == class &&
			strings.Contains(fault, e.fault) && e.decision == decision
	})
}

// untold are the members that only the tracker knows: what it says there is believed.
func untold() []string {
	return []string{"creator", "user", "author", "accountId", "name", "displayName", "slug", "key", "login", "id", "body", "labels", "properties", "project", "number", "state", "status"}
}

func TestEveryAnswerThatIsNoneLeadsToTheRightDecision(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: under the race detector it would take minutes, and nothing happens at once")
	}
	known := map[string]bool{} // from another operation, or with another credential
	for _, k := range kinds() {
		requests, answers := 0, 0
		for _, op := range operations() {
			t.Run(k.name+"/"+op.what, func(t *testing.T) {
				for nth := 0; ; nth++ {
					r := rightly(t, k, op, nth)
					if r.request == "" {
						break
					}
					requests++
					answers += r.spoil(t, k, op, r.faults(k, known[r.request] && (*step > 1 || k.afresh)))
					known[r.request] = true
				}
			})
		}
		report.Tell(t, report.Row{Part: "Outbound",
			What:    fmt.Sprintf("%s: %d requests of all %d operations, answered wrongly in %d ways", k.name, requests, len(operations()), answers),
			Outcome: "each decided as the table says; no request to another host"})
	}
}

// Whoever adds a method says here what becomes of it when the tracker goes bad.
func TestEveryMethodOfATrackerIsInTheTable(t *testing.T) {
	var listed []string
	for _, op := range operations() {
		listed = append(listed, op.method)
	}
	methods := reflect.TypeFor[deliver.Tracker]()
	for m := range methods.Methods() {
		if !slices.Contains(listed, m.Name) {
			t.Errorf("no operation calls %s", m.Name)
		}
	}
	for _, name := range listed {
		if _, is := methods.MethodByName(name); !is {
			t.Errorf("there is no method %s", name)
		}
	}
}

// right is what a request of an operation brings when all is well.
type right struct {
	nth     int
	request string // "" where there are not so many
	body    []byte
	result  any
}

func rightly(t *testing.T, k kind, op operation, nth int) right {
	t.Helper()
	r := right{nth: nth}
	synctest.Test(t, func(t *testing.T) {
		tr, s, l := stage(t, k)
		l.begin(nth, func(resp *http.Response, body []byte) (*http.Response, error) {
			r.body = body
			return resp, nil
		})
		var err error
		if r.result, err = op.call(t.Context(), tr, s); err != nil {
			t.Fatal(err)
		}
		if nth < len(l.asked) {
			r.request = l.asked[nth]
		}
	})
	return r
}

// faults gives the ways to spoil the answer, by class: a few alone where it is known.
func (r right) faults(k kind, known bool) map[string][]fault {
	if known {
		return map[string][]fault{onSilence: silent()[:2], onUnfit: unfit()[:3], onRedirect: redirects(k.host)[:1]}
	}
	all := map[string][]fault{onSilence: silent(), onUnfit: unfit(), onCut: cuts(r.body, *step), onRedirect: redirects(k.host),
		onWrong: wrong(r.body, *step), onLabel: labelled(r.body)}
	if *step == 1 || r.nth == 0 { // it takes its time
		all[onSilence] = append(all[onSilence], instead("a success without end", 0, nil, func() io.Reader { return endless{} }))
	}
	if *step > 1 {
		all[onRedirect] = tenth(all[onRedirect]) // each code to one place
	}
	return all
}

func tenth(all []fault) []fault {
	var some []fault
	for i := 0; i < len(all); i += 10 {
		some = append(some, all[i])
	}
	return some
}

// spoil spoils the answer in every way, and gives in how many.
func (r right) spoil(t *testing.T, k kind, op operation, all map[string][]fault) (n int) {
	t.Helper()
	for class, faults := range all {
		for _, f := range faults {
			n++
			var got any
			var err error
			var strayed []string
			synctest.Test(t, func(t *testing.T) {
				tr, s, l := stage(t, k)
				l.begin(r.nth, f.spoil)
				got, err = op.call(t.Context(), tr, s)
				strayed = l.strayed
			})
			r.judge(t, verdict{k, class, f.name}, got, err) // here, for a failure within ends the test
			if len(strayed) > 0 {
				t.Errorf("%s: went to %q", f.name, strayed)
			}
		}
	}
	return n
}

type verdict struct {
	kind         kind
	class, fault string
}

// judge compares what came of an answer with the table.
func (r right) judge(t *testing.T, v verdict, got any, err error) {
	t.Helper()
	decision := ""
	if err != nil {
		decision = ticket.DecisionOf(err).String()
	}
	if !slices.Contains(decisions(v.kind, r.request, v.class), decision) && !excepted(v.kind, r.request, v.class, v.fault, decision) {
		t.Errorf("request %d, %s, %s, %s: %q (%v), want one of %q", r.nth, r.request, v.class, v.fault, decision, err, decisions(v.kind, r.request, v.class))
	}
	if err != nil || v.class == onUnfit || reflect.DeepEqual(got, r.result) {
		return // of no use, and a success all the same, are only the exceptions
	}
	member, _, _ := strings.Cut(v.fault, " is ")
	known := func(name string) bool { return strings.HasSuffix(member, name) || strings.Contains(member, name+".") }
	believed := slices.ContainsFunc(untold(), known) || v.fault == "issues is []" // nothing was found: who could tell
	if v.class != onWrong || !believed {
		t.Errorf("request %d, %s, %s, %s: success with %v, not %v", r.nth, r.request, v.class, v.fault, got, r.result)
	}
}
