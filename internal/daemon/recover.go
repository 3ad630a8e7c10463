package daemon

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"ticketd/internal/deliver"
	"ticketd/store"
)

// RecoverOptions say what is recovered.
type RecoverOptions struct {
	TrackerOptions

	DryRun bool              // change nothing
	Doing  func(what string) // is told what takes long, before it begins; nil: nobody
}

// Recovery is what [Recover] found and did.
type Recovery struct {
	Trouble error         // for which the database that was there could not be opened; nil: it was taken as it is, or there was none
	Aside   []string      // where the files are now that were in the way; in a dry run, which files are
	Gap     store.Gap     // events that the database does not have, where it was taken as it is
	Known   int           // tickets that the database knows
	Places  []SearchPlace // in the order of the rules
}

// SearchPlace is a project or repository that rules lead to, and what is in it of ours.
type SearchPlace struct {
	Tracker, Project string
	Issues           int              // with a marker of this installation
	Open             int              // of them
	Unknown          []store.Sighting // of them, that no ticket of the database refers to
	Err              error            // of the tracker; nothing is known then
}

// Recover takes up a database that was lost, damaged or overtaken, while no daemon runs. What keeps it from
// being opened is moved aside, a new one is made where there is none, and every project that a rule leads to
// is listed: our issues are kept by their markers, and each is adopted as soon as its finding comes again.
// The database is marked as restored, so that the daemon looks before it does anything. A daemon that starts
// with a new or restored database does the same by itself, a project at a time; here a person sees it.
//
// Nothing is changed in a tracker. A dry run changes nothing at all, and may be made beside a daemon. A
// tracker that does not answer is told in its place; an error is one of the store or the configuration.
func Recover(ctx context.Context, o RecoverOptions) (r Recovery, err error) {
	if o.Doing == nil {
		o.Doing = func(string) {}
	}
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if o.Now == nil {
		o.Now = time.Now
	}
	trackers, err := Connect(o.TrackerOptions)
	if err != nil {
		return Recovery{}, err
	}
	open := o.takeUp
	if o.DryRun {
		open = o.lookInto
	}
	o.Doing("checking every page of the database")
	s, err := open(ctx, &r)
	if err != nil {
		return r, err
	}
	if s != nil {
		defer func() { err = errors.Join(err, s.Close()) }()
		counts, err := s.Counts(ctx)
		if err != nil {
			return r, err
		}
		for _, n := range counts.Tickets {
			r.Known += n
		}
		r.Gap = s.Gap()
	}
	finders := make(map[string]*deliver.Deliverer, len(trackers))
	for name, c := range trackers {
		finders[name] = deliver.New(deliver.Options{
			Name: name, Tracker: c.Tracker, Store: s, Mapping: o.Config.Mapping, Logger: o.Logger, Now: o.Now, Skew: c.Clock.Skew,
		})
	}
	for _, p := range o.places() {
		o.Doing("listing our issues in " + p.Tracker + " " + p.Project)
		if err := p.search(ctx, finders[p.Tracker], s != nil, o.DryRun); err != nil {
			return r, err
		}
		r.Places = append(r.Places, p)
	}
	return r, nil
}

// takeUp opens the database, or a new one in the place of one that cannot be opened, and marks it as restored.
func (o TrackerOptions) takeUp(ctx context.Context, r *Recovery) (*store.Store, error) {
	path := o.Config.Store.Path
	for tries := 1; ; tries++ {
		s, err := store.Open(ctx, store.Options{Path: path, Thorough: true, Logger: o.Logger, Now: o.Now})
		if err == nil {
			if err := s.MarkRestored(ctx); err != nil {
				return nil, errors.Join(err, s.Close())
			}
			return s, nil
		}
		if _, ok := store.Removable(path, err); !ok || tries > 2 { // a foreign log, then what is damaged below it
			return nil, err
		}
		r.Trouble = errors.Join(r.Trouble, err)
		moved, err := store.Renew(ctx, store.RenewOptions{Path: path, Cause: err, Now: o.Now})
		if r.Aside = append(r.Aside, moved...); err != nil {
			return nil, err
		}
	}
}

// lookInto opens the database beside a daemon. It gives nil where there is none, or none that can be opened.
func (o TrackerOptions) lookInto(ctx context.Context, r *Recovery) (*store.Store, error) {
	path := o.Config.Store.Path
	err := store.Examine(ctx, path, o.Logger)
	if files, ok := store.Removable(path, err); ok {
		r.Trouble, r.Aside = err, files
		return nil, nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Options{Path: path, Shared: true, Logger: o.Logger, Now: o.Now})
}

// places gives where rules lead to, each once.
func (o TrackerOptions) places() (all []SearchPlace) {
	for _, need := range o.Config.Mapping.Needs() {
		to := need.Destination
		if !slices.ContainsFunc(all, func(p SearchPlace) bool { return p.Tracker == to.Tracker && p.Project == to.Project }) {
			all = append(all, SearchPlace{Tracker: to.Tracker, Project: to.Project})
		}
	}
	return all
}

// search lists our issues and, unless it is a dry run, keeps those that no ticket refers to. Its error is the
// store's.
func (p *SearchPlace) search(ctx context.Context, d *deliver.Deliverer, known, dry bool) error {
	found, err := d.List(ctx, p.Project)
	if err != nil {
		p.Err = err
		return ctx.Err()
	}
	p.Issues = len(found)
	for _, issue := range found {
		if issue.Open {
			p.Open++
		}
	}
	switch {
	case !known:
		for _, issue := range found {
			p.Unknown = append(p.Unknown, store.Sighting{
				Tracker: p.Tracker, Marker: issue.Marker, Ref: issue.Ref, Open: issue.Open, Created: issue.Created,
			})
		}
	case dry:
		p.Unknown, err = d.Unknown(ctx, found)
	default:
		p.Unknown, err = d.Remember(ctx, p.Project, found)
	}
	return err
}
