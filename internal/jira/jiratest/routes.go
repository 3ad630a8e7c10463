package jiratest

import (
	"net/http"
	"strconv"
)

// routes is the whole API. The first name is the operation in [Server.Calls] and [Fault].
func (s *Server) routes() {
	list := []struct {
		op, pattern string
		anonymous   func(*call) reply
		handle      func(*call) reply
	}{
		{"serverInfo", "GET /rest/api/{version}/serverInfo", s.serverInfo, s.serverInfo},
		{"myself", "GET /rest/api/{version}/myself", nil, s.myself},
		{"project", "GET /rest/api/{version}/project/{project}", noProject, s.project},
		{"resolution", "GET /rest/api/{version}/resolution", nil, s.resolutionList},
		{"statuses", "GET /rest/api/{version}/project/{project}/statuses", noProject, s.statusList},
		{"assignable", "GET /rest/api/{version}/user/assignable/search", nil, s.assignableUsers},
		{"permissions", "GET /rest/api/{version}/mypermissions", s.permissions, s.permissions},
		{"field", "GET /rest/api/{version}/field", s.fieldList, s.fieldList},
		{"priority", "GET /rest/api/{version}/priority", s.priorityList, s.priorityList},
		{"createmeta", "GET /rest/api/{version}/issue/createmeta/{project}/issuetypes", nil, s.createMetaTypes},
		{"createmeta", "GET /rest/api/{version}/issue/createmeta/{project}/issuetypes/{type}", nil, s.createMetaFields},
		{"create", "POST /rest/api/{version}/issue", nil, s.create},
		{"read", "GET /rest/api/{version}/issue/{issue}", noIssue, s.read},
		{"update", "PUT /rest/api/{version}/issue/{issue}", noIssue, s.update},
		{"transitions", "GET /rest/api/{version}/issue/{issue}/transitions", noIssue, s.transitionList},
		{"transition", "POST /rest/api/{version}/issue/{issue}/transitions", noIssue, s.transit},
		{"comments", "GET /rest/api/{version}/issue/{issue}/comment", noIssue, s.commentList},
		{"comment", "POST /rest/api/{version}/issue/{issue}/comment", noIssue, s.addComment},
		{"delete-comment", "DELETE /rest/api/{version}/issue/{issue}/comment/{comment}", noIssue, s.deleteComment},
		{"search", "POST /rest/api/{version}/search/jql", s.nothingFound, s.searchJQL},
		{"search", "POST /rest/api/{version}/search", s.nothingFound, s.searchOld},
	}
	for _, route := range list {
		s.mux.HandleFunc(route.pattern, s.endpoint(route.op, route.anonymous, route.handle))
	}
	s.mux.HandleFunc("GET /browse/{key}", s.issuePage)
	s.mux.HandleFunc("GET /{$}", s.listPage)
}

func noIssue(*call) reply {
	return failure(http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
}

func noProject(c *call) reply {
	return failure(http.StatusNotFound, "No project could be found with key '"+c.r.PathValue("project")+"'.")
}

func (s *Server) nothingFound(*call) reply { return s.page(nil, 0, s.o.PageSize) }

// link is the address of something in an answer, on the host that was asked.
func (c *call) link(path string) string {
	return "http://" + c.r.Host + "/rest/api/" + strconv.Itoa(c.version) + "/" + path
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
