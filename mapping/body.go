package mapping

import (
	"ticketd/internal/finding"
	"ticketd/internal/ticket"
)

// body gives the rule's body, or the structured default. A digest has its own.
func (v View) body(s Subject, d Data) (ticket.Doc, error) {
	switch {
	case s.Digest:
		return v.digestBody(s), nil
	case v.rule.body != nil:
		return v.rule.body.doc(d)
	case s.Members != nil:
		return v.m.portal.groupBody(s), nil
	}
	return v.m.portal.defaultBody(s.Finding), nil
}

// defaultBody tells what, where, how bad, what to do, and where to read more. What Data Theorem did
// not tell is left out, heading included. The disposition is not in it: it would change under the
// reader, and the issue's own state and comments tell it.
func (p portal) defaultBody(f finding.Finding) ticket.Doc {
	doc := text(f.Get(finding.Description))
	doc = append(doc, section("Where", p.place(f))...)
	doc = append(doc, section("How bad", p.weight(f))...)
	doc = append(doc, section("Recommendation", text(f.Get(finding.Recommendation)))...)
	doc = append(doc, section("Additional information", text(f.Get(finding.AdditionalInfo)))...)
	return append(doc, section("In Data Theorem", p.origin(f))...)
}

// section puts a heading above what is there.
func section(name string, blocks ticket.Doc) ticket.Doc {
	if len(blocks) == 0 {
		return nil
	}
	return append(ticket.Doc{ticket.Head(name)}, blocks...)
}

// text shows somebody else's text paragraph by paragraph.
func text(s string) ticket.Doc {
	var doc ticket.Doc
	for _, p := range paragraphs(s) {
		doc = append(doc, ticket.Para(ticket.Text(p)...))
	}
	return doc
}

func (p portal) place(f finding.Finding) ticket.Doc {
	var t table
	t.add("Asset", p.named(f.Get(finding.AssetName), f.Get(finding.AssetPortalURL)))
	t.add("Asset type", plainText(f.Get(finding.AssetType)))
	t.add("Asset group", plainText(f.Get(finding.AssetGroup)))
	t.add("URL", mono(f.Get(finding.AssetURL)))
	t.add("Hosted on", plainText(f.Get(finding.AssetHostedOn)))
	t.add("Discovered via", plainText(f.Get(finding.AssetDiscoveredVia)))
	t.add("App", plainText(first(f.Get(finding.AppName), f.Get(finding.AppID))))
	if f.Get(finding.AppName) != "" {
		t.add("App id", mono(f.Get(finding.AppID)))
	}
	t.add("Platform", plainText(f.Get(finding.Platform)))
	return t.doc()
}

func (p portal) weight(f finding.Finding) ticket.Doc {
	var t table
	t.add("Severity", plainText(f.Get(finding.Severity)))
	t.add("Relevance", plainText(f.Get(finding.Relevance)))
	t.add("Priority", plainText(f.Get(finding.Priority)))
	t.add("Category", plainText(f.Get(finding.Category)))
	t.add("Policy", p.named(f.Get(finding.Policy), f.Get(finding.PolicyPortalURL)))
	t.add("Policy rule", plainText(f.Get(finding.PolicyRuleTitle)))
	return t.doc()
}

func (p portal) origin(f finding.Finding) ticket.Doc {
	var t table
	t.add("Portal", p.page(f))
	t.add("First reported", plainText(formatTime(f.Get(finding.DateCreated), forPeople)))
	t.add(kindName(f.Key.Kind), mono(f.Key.UUID))
	t.add("Finding", mono(f.Parent.Text))
	return t.doc()
}

// page shows the portal's page of the finding.
func (p portal) page(f finding.Finding) []ticket.Span {
	raw := f.Get(finding.PortalURL)
	if vetted, ok := p.vet(raw); ok {
		return []ticket.Span{{Kind: ticket.Link, Text: "Open in Data Theorem", URL: vetted}}
	}
	return mono(raw)
}

// named shows a name, as a link where the portal's page of it may be followed.
func (p portal) named(name, raw string) []ticket.Span {
	if vetted, ok := p.vet(raw); ok && name != "" {
		return []ticket.Span{{Kind: ticket.Link, Text: name, URL: vetted}}
	}
	return plainText(name)
}

// kindName is what Data Theorem calls the kind.
func kindName(k finding.Kind) string {
	switch k {
	case finding.Target:
		return "Finding target"
	case finding.Violation:
		return "Policy violation"
	case finding.Service:
		return "Network service"
	case finding.Parent:
		return "Finding"
	}
	return string(k)
}

// table collects pairs of name and value.
type table [][]ticket.Span

// add leaves out a value without text.
func (t *table) add(name string, value []ticket.Span) {
	if !blank(value) {
		*t = append(*t, ticket.Text(name), value)
	}
}

func (t *table) doc() ticket.Doc {
	if len(*t) == 0 {
		return nil
	}
	return ticket.Doc{{Kind: ticket.Table, Items: *t}}
}

func plainText(s string) []ticket.Span { return ticket.Text(oneLine(s)) }

func mono(s string) []ticket.Span {
	return []ticket.Span{{Kind: ticket.Mono, Text: oneLine(s)}}
}
