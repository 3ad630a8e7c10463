package jiratest

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
)

// write sends a reply as Jira does: JSON, a trace id, and no body where there is none.
func write(w http.ResponseWriter, a reply) {
	header := w.Header()
	maps.Copy(header, a.header)
	header.Set("Atl-Traceid", "0af7651916cd43dd8448eb211c80319c")
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	raw, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, "the practice Jira cannot write its answer", http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "application/json;charset=UTF-8")
	header.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(a.status)
	_, _ = w.Write(raw) // a client that went away is its own loss
}

// failure is Jira's error collection with messages.
func failure(status int, messages ...string) reply {
	return reply{status: status, body: map[string]any{"errorMessages": messages, "errors": map[string]string{}}}
}

// fieldFailure is a 400 about fields.
func fieldFailure(fields map[string]string) reply {
	return reply{status: http.StatusBadRequest, body: map[string]any{"errorMessages": []string{}, "errors": fields}}
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }
