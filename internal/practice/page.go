package practice

import (
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageHTML string

// Show writes a page for people. own defines the templates "style" and "main" in html/template's
// language; funcs are what it may call, or nil; data.Title is the page's title.
func Show(w http.ResponseWriter, own string, funcs template.FuncMap, data map[string]any) {
	page, err := template.New("page").Funcs(funcs).Parse(pageHTML)
	if err == nil {
		page, err = page.Parse(own)
	}
	if err != nil {
		http.Error(w, "the page is broken: "+err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	_ = page.Execute(w, data) // a client that went away is its own loss
}
