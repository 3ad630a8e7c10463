package jiratest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"strconv"
)

var errCut = errors.New("connection reset by peer")

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

// cut breaks the connection off without an answer.
func cut(w http.ResponseWriter) {
	if h, is := w.(http.Hijacker); is {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close() // that is the point
			return
		}
	}
	panic(http.ErrAbortHandler) // net/http's own way to abort a response; RoundTrip knows it too
}

// roundTrip runs a handler in process. It reports to httptrace as a real transport does, because
// clients decide by it whether anything may have been sent.
func roundTrip(h http.Handler, r *http.Request) (resp *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	inner := r.Clone(r.Context())
	inner.RequestURI, inner.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1"
	if inner.Host == "" {
		inner.Host = r.URL.Host
	}
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	defer func() { _ = inner.Body.Close() }() // a transport closes the body
	w := &responseBuffer{header: http.Header{}}
	defer func() {
		if cause := recover(); cause != nil {
			if stop, ok := cause.(error); !ok || !errors.Is(stop, http.ErrAbortHandler) {
				panic(cause)
			}
			resp, err = nil, errCut
		}
	}()
	h.ServeHTTP(w, inner)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	var body io.Reader = bytes.NewReader(w.body.Bytes())
	if declared, err := strconv.Atoi(w.header.Get("Content-Length")); err == nil && declared > w.body.Len() {
		body = io.MultiReader(body, broken{})
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}, nil
}

// broken is a connection that ended before the announced length.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
