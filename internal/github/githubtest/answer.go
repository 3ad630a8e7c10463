package githubtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
)

// answer is a response before it is sent, so that a fault can spoil it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the caller may be gone
}

// reply makes an answer of a value in JSON.
func reply(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic("githubtest: " + err.Error()) // values are made of maps and strings
	}
	return answer{status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body}
}

// complaint makes a refusal.
func complaint(status int, v map[string]any) answer {
	if v["documentation_url"] == nil {
		v["documentation_url"] = "https://docs.github.com/rest"
	}
	v["status"] = strconv.Itoa(status)
	return reply(status, v)
}

func message(status int, text string) answer {
	return complaint(status, map[string]any{"message": text})
}

func notFound() answer { return message(http.StatusNotFound, "Not Found") }

// invalid makes a 422 about one field.
func invalid(resource, field, code string, more map[string]any) answer {
	entry := map[string]any{"resource": resource, "field": field, "code": code}
	maps.Copy(entry, more)
	return complaint(http.StatusUnprocessableEntity, map[string]any{
		"message": "Validation Failed", "errors": []any{entry}})
}
