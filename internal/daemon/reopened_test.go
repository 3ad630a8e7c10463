package daemon_test

import (
	"net/http"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
)

func TestAnIssueThatWasSaidToCloseAndDidNotIsSaidToBeOpenAgain(t *testing.T) {
	inWorld(t, settings{}, func(w *world) {
		w.post(violation("OPENED", "v-0", 1611058000))
		w.settle()
		w.jira.Fail(jiratest.Fault{Method: http.MethodPost, Op: "transition", Kind: jiratest.Answer, Code: http.StatusServiceUnavailable, Times: -1})
		w.post(violation("RESOLVED", "v-0", 1611059000))
		w.pass(10 * time.Second)
		w.one().expect(w, true, 1)
		w.post(violation("OPENED", "v-0", 1611060000))
		w.jira.Heal()
		w.settle()
		w.pass(time.Hour)
		w.one().expect(w, true, 2)
	})
}
