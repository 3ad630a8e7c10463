package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"ticketd/internal/explain"
	"ticketd/internal/finding"
	"ticketd/store"
)

// explainCommand is `ticketd explain`.
type explainCommand struct {
	storeFlags `embed:""`
	output     `embed:""`

	Events   []string `arg:"" optional:"" name:"event" help:"Files with webhook bodies, - is standard input. Of several the last is explained; those before it came before it."`
	Finding  string   `placeholder:"UUID" help:"Explain a finding of the store instead, by UUID or kind/UUID."`
	Want     []string `sep:"none" placeholder:"KEY=VALUE,…" help:"What must come out, such as rule=payments,project=PAY; end with 1 where it does not."`
	Requests bool     `default:"true" negatable:"" help:"Show the requests that the tracker would get; on by default."`
}

// explainDocument is what explain prints as JSON. Names stay; members may be added.
type explainDocument struct {
	explain.Explanation
	Stored  *ticketView    `json:"stored_ticket"` // of a finding of the store; null where it has none
	Sharing int            `json:"stored_others"` // how many other findings share that ticket
	Misses  []explain.Miss `json:"misses"`        // what was wanted and did not come out
}

// Run explains and, where something is wanted, tells whether it came out.
func (k *explainCommand) Run(ctx context.Context, p *program) error {
	wants, err := k.wants()
	if err != nil {
		return err
	}
	if (k.Finding == "") == (len(k.Events) == 0) {
		return usage(errors.New("there is nothing to explain, or too much"), "name files with webhook bodies, or a finding with --finding UUID")
	}
	document, text, err := k.document(ctx, p, wants)
	if err != nil {
		return err
	}
	if err := k.print(p.stdout, document, text); err != nil {
		return err
	}
	if n := len(document.Misses); n > 0 {
		return &failure{code: exitFailure, err: fmt.Errorf("%d of %s did not come out", n, count(len(wants), "want")),
			hint: "see what was wanted and what came out above; change the rules or the wants"}
	}
	return nil
}

// document gives the explanation, for machines and as text for people.
func (k *explainCommand) document(ctx context.Context, p *program, wants []explain.Want) (d explainDocument, text string, err error) {
	c, _, err := k.usableWithoutSecrets(p)
	if err != nil {
		return d, "", err
	}
	o := explain.Options{Config: c, Now: time.Now, Version: readBuild().Version}
	d, row, err := k.explain(ctx, p, o)
	if err != nil {
		return d, "", err
	}
	if k.Requests {
		if err := d.Rehearse(ctx, o); err != nil {
			return d, "", &failure{code: exitFailure, err: err, hint: "--no-requests explains without"}
		}
	}
	d.Misses = append([]explain.Miss{}, d.Missed(wants)...)
	return d, explanationText(d, row), nil
}

func (k *explainCommand) wants() ([]explain.Want, error) {
	var all []explain.Want
	for _, list := range k.Want {
		some, err := explain.ParseWants(list)
		if err != nil {
			return nil, usage(fmt.Errorf("--want: %w", err), "write --want rule=NAME,project=KEY")
		}
		all = append(all, some...)
	}
	return all, nil
}

// explain explains what was asked for; row is the ticket of a finding of the store, if it has one.
func (k *explainCommand) explain(ctx context.Context, p *program, o explain.Options) (d explainDocument, row *store.Ticket, err error) {
	if k.Finding == "" {
		bodies, err := k.bodies(p)
		if err != nil {
			return d, nil, err
		}
		d.Explanation = explain.Events(o, bodies)
		return d, nil, nil
	}
	from := k.storeFlags
	from.Store = cmp.Or(from.Store, storePath(p, o))
	err = from.with(ctx, p, func(s *store.Store, _ string) error {
		f, err := findFinding(ctx, s, k.Finding)
		if err != nil {
			return err
		}
		if f.TicketID == 0 {
			d.Explanation = explain.Folded(o, f.Finding)
			return nil
		}
		t, err := s.Ticket(ctx, f.TicketID)
		if err != nil {
			return err
		}
		others, err := sharing(ctx, s, f)
		if err != nil {
			return err
		}
		view := viewTicket(t)
		d.Explanation = explain.Folded(o, f.Finding, others...)
		d.Stored, d.Sharing, row = &view, len(others), &t
		return nil
	})
	return d, row, err
}

// sharing gives the other findings behind the ticket of one.
func sharing(ctx context.Context, s *store.Store, f store.Finding) ([]finding.Finding, error) {
	all, err := s.FindingsOfTicket(ctx, f.TicketID)
	if err != nil {
		return nil, err
	}
	var others []finding.Finding
	for _, other := range all {
		if other.Key != f.Key {
			others = append(others, other.Finding)
		}
	}
	return others, nil
}

// storePath is where the configuration has the database. It is asked here, because opening the store
// by the configuration would want its secrets.
func storePath(p *program, o explain.Options) string {
	if path, _ := p.lookup(storeVariable); path != "" {
		return path
	}
	return o.Config.Store.Path
}

// maxBody bounds a body that is read from a file, in bytes.
const maxBody = 16 << 20

func (k *explainCommand) bodies(p *program) ([][]byte, error) {
	bodies := make([][]byte, len(k.Events))
	for i, path := range k.Events {
		var err error
		if bodies[i], err = readBody(p, path); err != nil {
			return nil, &failure{code: exitFailure, err: fmt.Errorf("reading the event: %w", err),
				hint: "name a file that holds one webhook body, or - for standard input"}
		}
	}
	return bodies, nil
}

func readBody(p *program, path string) ([]byte, error) {
	in := p.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // only read from
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("%s is larger than 16 MiB", path)
	}
	return body, err
}

// findFinding gives the finding that a UUID, or a kind and a UUID, names.
func findFinding(ctx context.Context, s *store.Store, word string) (store.Finding, error) {
	keys := []finding.Key{{Kind: finding.Target, UUID: word}, {Kind: finding.Violation, UUID: word}, {Kind: finding.Service, UUID: word}}
	if key, whole := finding.ParseKey(word); whole {
		keys = []finding.Key{key}
	}
	var found []store.Finding
	var names []string
	for _, key := range keys {
		f, err := s.FindingByKey(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return store.Finding{}, err
		}
		found, names = append(found, f), append(names, key.String())
	}
	switch len(found) {
	case 0:
		return store.Finding{}, &failure{code: exitFailure, err: fmt.Errorf("no finding is known as %q", word),
			hint: "name it by UUID, or by kind and UUID; `ticketd events list` shows which events came"}
	case 1:
		return found[0], nil
	}
	return store.Finding{}, &failure{code: exitFailure, err: fmt.Errorf("%q means several findings", word), hint: "name one of " + strings.Join(names, ", ")}
}
