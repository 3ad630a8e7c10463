package practice

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
)

var errCut = errors.New("connection reset by peer")

// HangUp breaks the connection off without an answer.
func HangUp(w http.ResponseWriter) {
	if h, is := w.(http.Hijacker); is {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close() // that is the point
			return
		}
	}
	panic(http.ErrAbortHandler) // net/http's own way to abort a response; RoundTrip knows it too
}

// RoundTrip lets a handler answer a request without a network, as an http.RoundTripper does. It
// reports to httptrace as a real transport does, because clients decide by it whether anything may
// have been sent.
func RoundTrip(h http.Handler, r *http.Request) (resp *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	inner := arrived(r)
	defer func() { _ = inner.Body.Close() }() // a transport closes the body
	w := &recorder{header: http.Header{}}
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
	return w.response(r), nil
}

// arrived is a client's request as a server sees it.
func arrived(r *http.Request) *http.Request {
	inner := r.Clone(r.Context())
	inner.RequestURI, inner.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1"
	if inner.Host == "" {
		inner.Host = r.URL.Host
	}
	if r.URL.Scheme == "https" {
		inner.TLS = new(tls.ConnectionState) // answers name the scheme that was asked with
	}
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	return inner
}

// recorder is the http.ResponseWriter of RoundTrip.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	var body io.Reader = bytes.NewReader(w.body.Bytes())
	if declared, err := strconv.Atoi(w.header.Get("Content-Length")); err == nil && declared > w.body.Len() {
		body = io.MultiReader(body, broken{})
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}
}

// broken is a connection that ended before the announced length.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
