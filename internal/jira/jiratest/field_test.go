package jiratest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// typed is a project with a field of each type that checks its values.
func typed() Project {
	return Project{Key: "SEC", IssueTypes: []string{"Bug", "Epic", "Flaw"}, Subtasks: []string{"Flaw"}, Versions: []string{"1.0"}, Components: []string{"api"},
		SecurityLevels: []string{"Internal"}, Assignable: []string{"ann"}, Fields: map[string]Field{
			"customfield_1": {Name: "Text", Type: "text"}, "customfield_2": {Name: "Paragraph", Type: "paragraph"},
			"customfield_3": {Name: "Number", Type: "number"}, "customfield_4": {Name: "Select", Type: "select", Allowed: []string{"Red"}},
			"customfield_5": {Name: "Multi", Type: "multi_select", Allowed: []string{"EU"}},
			"customfield_6": {Name: "Cascade", Type: "cascading", Allowed: []string{"Shop"}, Below: map[string][]string{"Shop": {"Cart"}}},
			"customfield_7": {Name: "User", Type: "user"}, "customfield_8": {Name: "Date", Type: "date"},
			"customfield_9": {Name: "Labels", Type: "labels"}, "customfield_10": {Name: "URL", Type: "url"},
		}}
}

func TestAFieldTakesOnlyWhatJiraTakes(t *testing.T) {
	const paragraph = `{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"x"}]}]}`
	for _, test := range []struct{ field, good, bad, words string }{
		{"customfield_1", `"x"`, `{"value":"x"}`, noString},
		{"customfield_1", `"x"`, `"` + strings.Repeat("x", 256) + `"`, tooLong},
		{"customfield_2", paragraph, `"x"`, "Atlassian Document"},
		{"customfield_3", `1.5`, `"1.5"`, noNumber},
		{"customfield_4", `{"value":"Red"}`, `{"value":"Blue"}`, "Option value 'Blue' is not valid"},
		{"customfield_4", `{"id":"1"}`, `"Red"`, noOption},
		{"customfield_4", `{"value":"Red"}`, `[{"value":"Red"}]`, noOption},
		{"customfield_5", `[{"value":"EU"}]`, `{"value":"EU"}`, noArray},
		{"customfield_5", `[]`, `[{"value":"Mars"}]`, "Option value 'Mars' is not valid"},
		{"customfield_6", `{"value":"Shop","child":{"value":"Cart"}}`, `{"value":"Shop","child":{"value":"Till"}}`, "Option value 'Till' is not valid"},
		{"customfield_6", `{"id":"1","child":{"id":"101"}}`, `"Shop"`, noOption},
		{"customfield_7", `{"accountId":"ann"}`, `{"accountId":"bob"}`, "cannot be assigned"},
		{"customfield_8", `"2026-12-31"`, `"31.12.2026"`, noDate},
		{"customfield_9", `["a"]`, `["a b"]`, "contains spaces"},
		{"customfield_10", `"https://x"`, `"javascript:x"`, noAddress},
		{"fixVersions", `[{"name":"1.0"}]`, `[{"name":"2.0"}]`, "Version name '2.0' is not valid"},
		{"versions", `[{"id":"1"}]`, `{"name":"1.0"}`, noArray},
		{"components", `[{"name":"api"}]`, `[{"name":"app"}]`, "Component name 'app' is not valid"},
		{"duedate", `"2026-12-31"`, `"soon"`, noDate},
		{"security", `{"id":"1"}`, `{"name":"Secret"}`, "Security level is not valid."},
		{"assignee", `{"accountId":"ann"}`, `{"accountId":"bob"}`, "cannot be assigned"},
		{"environment", paragraph, `"x"`, "Atlassian Document"},
		{"parent", `{"key":"SEC-1"}`, `{"key":"SEC-9"}`, "Could not find issue"},
	} {
		s := New(Options{Projects: []Project{typed()}})
		if err := s.AddParent("SEC-1", "Bug"); err != nil {
			t.Fatal(err)
		}
		for value, status := range map[string]int{test.good: http.StatusCreated, test.bad: http.StatusBadRequest} {
			body := `{"fields":{"project":{"key":"SEC"},"issuetype":{"name":"Bug"},"summary":"x","` + test.field + `":` + value + `}}`
			resp, text, err := send(t, s, "http://x", "POST", "/rest/api/3/issue", body)
			if err != nil || resp.StatusCode != status || (status == http.StatusBadRequest && !strings.Contains(text, test.words)) {
				t.Errorf("%s = %s: %v %s", test.field, value, err, text)
			}
		}
	}
}

func TestASubTaskNeedsAParent(t *testing.T) {
	for _, dataCenter := range []bool{false, true} {
		s := New(Options{DataCenter: dataCenter, Projects: []Project{typed()}})
		if err := s.AddParent("SEC-1", "Flaw"); err != nil {
			t.Fatal(err)
		}
		for more, status := range map[string]int{``: http.StatusBadRequest, `,"parent":{"key":"SEC-1"}`: http.StatusCreated} {
			body := `{"fields":{"project":{"key":"SEC"},"issuetype":{"name":"Flaw"},"summary":"x"` + more + `}}`
			if resp, text, err := send(t, s, "http://x", "POST", "/rest/api/2/issue", body); err != nil || resp.StatusCode != status {
				t.Errorf("%q: %v %s", more, err, text)
			}
		}
	}
}

func TestCreateMetadataComesInPagesOfTheShapeOfTheDeployment(t *testing.T) {
	for _, dataCenter := range []bool{false, true} {
		s := New(Options{DataCenter: dataCenter, Projects: []Project{typed()}, PageSize: 7})
		seen := map[string]bool{}
		for start := 0; ; {
			path := "/rest/api/2/issue/createmeta/SEC/issuetypes/10001?maxResults=200&startAt=" + itoa(int64(start))
			resp, text, err := send(t, s, "http://x", "GET", path, "")
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%v %s", err, text)
			}
			var page struct {
				Fields, Values []struct{ FieldID string }
				IsLast         *bool
				Total          int
			}
			if err := json.Unmarshal([]byte(text), &page); err != nil {
				t.Fatal(err)
			}
			some := page.Fields
			if dataCenter {
				some = page.Values
			}
			if len(some) > 7 || (page.IsLast != nil) != dataCenter {
				t.Fatalf("page %s", text)
			}
			for _, f := range some {
				seen[f.FieldID] = true
			}
			if start += len(some); start >= page.Total {
				break
			}
		}
		if !seen["summary"] || !seen["customfield_10"] || seen[EpicLink] != dataCenter {
			t.Errorf("fields %v", seen)
		}
	}
}

func TestAStrangerSeesNoCustomField(t *testing.T) {
	s := New(Options{Token: "right", WrongToken: Anonymous, Projects: []Project{typed()}})
	resp, text, err := send(t, s, "http://x", "GET", "/rest/api/3/field", "")
	if err != nil || resp.StatusCode != http.StatusOK || strings.Contains(text, "customfield") || !strings.Contains(text, "Summary") {
		t.Errorf("%v %s", err, text)
	}
}

func TestCloudKnowsItsPermissions(t *testing.T) {
	s := New(Options{Projects: []Project{{Key: "SEC", Lacking: []string{"CREATE_ISSUES"}, Excess: []string{"ADMINISTER"}}}})
	for query, want := range map[string]int{"": 400, "&permissions=FLY": 400, "&permissions=CREATE_ISSUES,ADMINISTER,EDIT_ISSUES": 200} {
		resp, text, err := send(t, s, "http://x", "GET", "/rest/api/3/mypermissions?projectKey=SEC"+query, "")
		if err != nil || resp.StatusCode != want {
			t.Fatalf("%q: %v %s", query, err, text)
		}
		if want != http.StatusOK {
			continue
		}
		var mine struct {
			Permissions map[string]struct{ HavePermission bool }
		}
		if err := json.Unmarshal([]byte(text), &mine); err != nil {
			t.Fatal(err)
		}
		if p := mine.Permissions; len(p) != 3 || p["CREATE_ISSUES"].HavePermission || !p["ADMINISTER"].HavePermission || !p["EDIT_ISSUES"].HavePermission {
			t.Errorf("permissions %s", text)
		}
	}
}
