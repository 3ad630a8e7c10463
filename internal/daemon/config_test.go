package daemon_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"ticketd/internal/jira/jiratest"
	"ticketd/store"
)

func TestAFindingThatNoRuleMatchesIsKeptAndRoutedOnceOneDoes(t *testing.T) {
	inWorld(t, settings{rules: everythingToJira + "match.kind = \"target\"\n"}, func(w *world) {
		w.post(violation("OPENED", "v-1", 1611058000))
		w.post(violation("OPENED", "v-2", 1611058000))
		w.post(violation("RESOLVED", "v-2", 1611059000))
		w.settle()
		unrouted := 0
		w.inStore(func(ctx context.Context, s *store.Store) error {
			c, err := s.Counts(ctx)
			unrouted = c.Unrouted
			return err
		})
		if n := len(w.issues()); n != 0 || unrouted != 2 {
			t.Errorf("%d issues and %d findings without a rule, want none and 2", n, unrouted)
		}
		w.restart() // with the same rules: nothing changes
		w.settle()
		w.restartWith(everythingToJira)
		w.settle()
		w.one().expect(w, true, 0)
		if body := w.one().Body; !strings.Contains(body, "v-1") {
			t.Errorf("it is not the issue of the open finding:\n%s", body)
		}
	})
}

func TestATicketThatWasNeverAttemptedGoesWhereTheNewRulesSay(t *testing.T) {
	inWorld(t, settings{rules: everythingToJira}, func(w *world) {
		w.setDown("jira.example.com", true)
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Hour)
		w.restartWith(everythingToGitHub)
		w.settle()
		w.setDown("jira.example.com", false)
		w.pass(time.Hour)
		if key := w.one().Key; key != "acme/app#1" {
			t.Errorf("the issue is %s", key)
		}
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.settle()
		w.one().expect(w, false, 1)
	})
}

func TestATicketThatHasAnIssueStaysWhereItIsWhateverTheNewRulesSay(t *testing.T) {
	inWorld(t, settings{rules: everythingToGitHub}, func(w *world) {
		w.open("v-1")
		w.restartWith(crowds()[0].rules)
		w.post(violation("OPENED", "v-1", 1611060000))
		w.settle()
		w.post(violation("RESOLVED", "v-1", 1611061000))
		w.settle()
		if key := w.one().Key; key != "acme/app#1" {
			t.Errorf("the issue is %s", key)
		}
		w.one().expect(w, false, 1)
	})
}

func TestACreateInDoubtIsSettledWhereItWasSentAfterTheRulesChanged(t *testing.T) {
	inWorld(t, settings{rules: everythingToJira}, func(w *world) {
		w.jira.Fail(jiratest.Fault{Op: "create", Kind: jiratest.Cut, Effect: true})
		w.jira.SetSearchLag(time.Minute)
		w.post(violation("OPENED", "v-1", 1611058000))
		w.pass(time.Second)
		w.restartWith(everythingToGitHub)
		w.pass(time.Hour)
		if key := w.one().Key; key != "SEC-1" {
			t.Errorf("the issue is %s", key)
		}
	})
}

func TestAHeldTicketIsTriedAgainAfterTheRulesChanged(t *testing.T) {
	team := map[string]jiratest.Field{"customfield_10010": {Name: "Team", Required: true}}
	inWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{{Key: "SEC", Fields: team}}}, rules: crowds()[0].rules}, func(w *world) {
		w.post(violation("OPENED", "v-1", 1611058000))
		w.settle()
		w.expectHeld("Team is required.", "fields")
		w.restartWith(crowds()[0].rules + "fields = { customfield_10010 = \"Payments\" }\n")
		w.settle()
		w.one().expect(w, true, 0)
	})
}

func TestAClosingThatWasRefusedIsTriedAgainAfterTheRulesChanged(t *testing.T) {
	project := jiratest.Project{Key: "SEC", Workflow: jiratest.ReviewWorkflow()}
	inWorld(t, settings{jira: jiratest.Options{Projects: []jiratest.Project{project}}, rules: crowds()[0].rules}, func(w *world) {
		w.open("v-1")
		w.post(violation("RESOLVED", "v-1", 1611059000))
		w.settle()
		w.expectHeld(`from status "Open"`, "transitions")
		w.restartWith(everythingToJira)
		w.settle()
		w.one().expect(w, false, 2)
		if state := w.oneTicket().State; state != store.TicketClosed {
			t.Errorf("the ticket is %s", state)
		}
	})
}
