// Package daemon is the only place where the parts meet: it wires receive, apply and deliver to one
// store, starts them in order and stops them in order.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ticketd/internal/apply"
	"ticketd/internal/config"
	"ticketd/internal/deliver"
	"ticketd/internal/metrics"
	"ticketd/internal/proof"
	"ticketd/internal/pulse"
	"ticketd/internal/receive"
	"ticketd/internal/systemd"
	"ticketd/internal/wake"
	"ticketd/internal/web"
	"ticketd/store"
)

// StopLimit is how long a stop waits for what is in flight.
const StopLimit = 30 * time.Second

// Options of a Daemon.
type Options struct {
	Config  *config.Config
	Logger  *slog.Logger
	Version string

	Now       func() time.Time                                    // nil: time.Now
	Timing    deliver.Timing                                      // waits of the protocol; zero members: the configured or built-in ones
	Transport http.RoundTripper                                   // to the trackers; nil: a pooled one for each
	Listen    func(network, address string) (net.Listener, error) // nil: net.Listen
	Examine   bool                                                // have a cheap look at the trackers at the start, and log what is not well

	Listeners map[string]net.Listener      // that the service manager opened, by name; [WebhookSocket] is served in place of server.listen
	Notify    func(states ...string) error // tells the service manager, in the words of internal/systemd; nil: there is none
	Watchdog  time.Duration                // within which it wants a sign of life; 0: it wants none
}

// Daemon is a ticketd that listens and is ready to run.
type Daemon struct {
	o          Options
	store      *store.Store
	applier    *apply.Applier
	trackers   map[string]Connected
	deliverers map[string]*deliver.Deliverer
	webhook    listening
	admin      listening
	control    listening // of the command line; empty where there can be none
	wakeApply  wake.Signal
	wakes      map[string]wake.Signal // of each deliverer
	started    time.Time
	serving    atomic.Bool // the webhook takes requests
	errors     *errorMemory
	metrics    *metrics.Metrics
	door       *receive.Handler
	service    service

	brokeBefore time.Time // see lastBroken
}

// listening is a server with the listener that it will serve.
type listening struct {
	net.Listener

	server *receive.Drain
}

// New opens the store, wires everything and listens. What is wrong with an address, the store or a
// tracker's settings is an error here, before anything is accepted.
func New(ctx context.Context, o Options) (_ *Daemon, err error) {
	if o.Config.Secretless {
		return nil, errors.New("the configuration was loaded without its secrets, and cannot serve")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Listen == nil {
		o.Listen = func(network, address string) (net.Listener, error) {
			return (&net.ListenConfig{}).Listen(ctx, network, address)
		}
	}
	remembered := rememberErrors(o.Logger.Handler())
	o.Logger = slog.New(remembered)
	d := &Daemon{
		o: o, wakeApply: wake.New(), wakes: make(map[string]wake.Signal), deliverers: make(map[string]*deliver.Deliverer),
		started: o.Now(), errors: remembered, metrics: measure(o), service: service{pulse: pulse.New()},
	}
	d.tellLosses()
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := d.patiently(ctx, "opening the store", func() error { return d.openStore(ctx) }); err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	rules := o.Config.Mapping
	d.applier = apply.New(apply.Options{
		Store: d.store, Table: o.Config.Table, Mapping: rules, Logger: o.Logger, Now: o.Now, Applied: d.wakeDeliverers,
		Idle: o.Timing.Idle, Count: d.countEvent, Pulse: d.service.pulse.Stage(StageApply),
	})
	if err := d.wireTrackers(rules); err != nil {
		return nil, err
	}
	return d, d.listen()
}

func (d *Daemon) openStore(ctx context.Context) (err error) {
	d.store, err = store.Open(ctx, store.Options{
		Path: d.o.Config.Store.Path, Logger: d.o.Logger, Now: d.o.Now,
		Committed: func(operations int, took time.Duration, err error) {
			d.service.commits.Add(1)
			d.metrics.Committed(operations, took, err)
		},
	})
	if err == nil {
		d.brokeBefore = lastBroken(d.store.Path())
	}
	return err
}

// servers are all that may listen, in the order in which they stop.
func (d *Daemon) servers() []listening { return []listening{d.webhook, d.admin, d.control} }

func (d *Daemon) listen() (err error) {
	s := d.o.Config.Server
	d.door, err = receive.New(receive.Options{
		Store: d.store, Path: s.Path, Tokens: credentials(s.Tokens), Capabilities: credentials(s.Capabilities),
		Open: s.InsecureNoAuth, TrustedProxies: s.TrustedProxies, Logger: d.o.Logger, Now: d.o.Now, Accepted: d.wakeApply.Set, Answered: d.countRequest,
	})
	if err != nil {
		return fmt.Errorf("setting up the webhook: %w", err)
	}
	d.metrics.Watch(metrics.Sources{Store: d.store, InFlight: d.door.InFlight, Broke: d.broke})
	if d.webhook.Listener, err = d.listenForWebhooks(); err != nil {
		return err
	}
	d.webhook.Listener = receive.Limit(d.webhook.Listener, mostConnections(), d.o.Logger)
	server := receive.Server(d.door, d.o.Logger)
	if err := d.secure(server); err != nil {
		return err
	}
	d.webhook.server = receive.NewDrain(server)
	if s.Admin != "" {
		if d.admin.Listener, err = d.o.Listen("tcp", s.Admin); err != nil {
			return fmt.Errorf("listening for health checks: %w", err)
		}
		d.admin.Listener = receive.Limit(d.admin.Listener, mostProbes, d.o.Logger)
		health := web.New(web.Options{Checks: d.checks(), Trackers: d.trackerStates, Metrics: d.metrics.Handler(), Pprof: s.Pprof, Version: d.o.Version, Logger: d.o.Logger})
		d.admin.server = receive.NewDrain(receive.Server(health, d.o.Logger))
	}
	d.control = d.listenForCommands()
	return nil
}

func credentials(in []config.Credential) []receive.Credential {
	out := make([]receive.Credential, len(in))
	for i, c := range in {
		out[i] = receive.Credential{Name: c.Name, SHA256: c.Digest, NotAfter: c.NotAfter}
	}
	return out
}

// WebhookAddr is host:port of the webhook listener.
func (d *Daemon) WebhookAddr() string { return d.webhook.Addr().String() }

// AdminAddr is host:port of the health listener, "" without one.
func (d *Daemon) AdminAddr() string {
	if d.admin.Listener == nil {
		return ""
	}
	return d.admin.Addr().String()
}

// Run recovers what an earlier process left behind, then serves until the context ends, and stops
// in order: no new claims and no new requests, what runs of either finished, the store closed. A failure of any part stops all.
// Who asks how it is is answered from the beginning, for to recover may take minutes.
func (d *Daemon) Run(ctx context.Context) error {
	defer d.close()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var stages, servers sync.WaitGroup
	serve(&servers, fail, d.admin, d.control)
	if err := d.patiently(ctx, "taking up what an earlier process left", func() error { return d.recover(ctx) }); err != nil {
		return d.abandon(ctx, &servers, err)
	}

	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	stages.Go(func() { report(fail, "apply", d.applier.Run(work, d.wakeApply, retryApply)) })
	for name, dl := range d.deliverers {
		stages.Go(func() { report(fail, "deliver", dl.Run(work, d.wakes[name])) })
	}
	stages.Go(func() { d.forget(work) })
	d.serving.Store(true)
	serve(&servers, fail, d.webhook)
	if d.o.Examine {
		stages.Go(func() { d.examine(work) })
	}
	stages.Go(func() { d.inform(ctx) })
	d.o.Logger.Info("ticketd is up", "version", d.o.Version, "webhook", d.WebhookAddr(), "admin", d.AdminAddr(),
		"instance", d.o.Config.Instance)

	select {
	case <-ctx.Done():
	case <-d.store.Broken(): // it takes nothing more; the next start checks it
		fail(fmt.Errorf("store: %w", d.store.Trouble()))
	}
	d.serving.Store(false)
	d.notify(systemd.Stopping, systemd.Status("stopping"))
	d.o.Logger.Info("stopping")
	clean := d.stop(&stages, &servers, stopWork)
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	if !clean {
		return fmt.Errorf("stopping: work was still in flight after %s", StopLimit)
	}
	d.o.Logger.Info("stopped")
	return nil
}

// retryApply is the wait after trouble with the store.
const retryApply = 5 * time.Second

func report(fail context.CancelCauseFunc, what string, err error) {
	if err != nil {
		fail(fmt.Errorf("%s: %w", what, err))
	}
}

// serve has the servers that there are answer.
func serve(servers *sync.WaitGroup, fail context.CancelCauseFunc, all ...listening) {
	for _, l := range all {
		if l.server != nil {
			servers.Go(func() { report(fail, "serve", l.server.Serve(l.Listener)) })
		}
	}
}

// abandon ends a start in which the error came, and tells why it ends: nil where that was asked for
// before anything was begun.
func (d *Daemon) abandon(ctx context.Context, servers *sync.WaitGroup, err error) error {
	limit, cancel := context.WithTimeout(context.Background(), StopLimit)
	defer cancel()
	d.stopServing(limit, servers, d.admin, d.control)
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return fmt.Errorf("recovering: %w", err)
	case errors.Is(cause, context.Canceled):
		return nil
	default:
		return cause
	}
}

// recover takes back the claims of a process that died and, where the store is older than the
// trackers, forgets what it believes of the issues.
func (d *Daemon) recover(ctx context.Context) error {
	now := d.o.Now()
	if n, err := d.store.ReleaseLeases(ctx, now); err != nil {
		return err
	} else if n > 0 {
		d.o.Logger.Info("claims of an earlier process, or of a wrong clock, taken back", "tickets", n)
	}
	proof.At(ctx, proof.RecoveryBegun)
	if d.store.Restored() {
		d.o.Logger.Warn("the store is older than what was done with it (a restored backup?): every issue is looked at again")
		for _, dl := range d.deliverers {
			if err := dl.Restored(ctx); err != nil {
				return err
			}
		}
		if err := d.store.ClearRestored(ctx); err != nil {
			return err
		}
	}
	for _, dl := range d.deliverers {
		if err := dl.Started(ctx); err != nil {
			return err
		}
	}
	// What a refusal put off is tried now as well.
	if _, err := d.store.WakeTickets(ctx, []store.TicketState{store.TicketWanted}, now); err != nil {
		return err
	}
	n, err := d.applier.Reroute(ctx)
	if n > 0 {
		d.o.Logger.Info("findings routed by changed rules", "findings", n)
	}
	proof.At(ctx, proof.RecoveryFinished)
	return err
}

// stop tells whether everything ended within StopLimit.
func (d *Daemon) stop(stages, servers *sync.WaitGroup, stopWork func()) bool {
	limit, cancel := context.WithTimeout(context.Background(), StopLimit)
	defer cancel()
	stopWork() // at once: a tracker call that has just begun needs nearly all of the time there is
	d.stopServing(limit, servers, d.servers()...)
	done := make(chan struct{})
	go func() {
		stages.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-limit.Done():
		return false
	}
}

// stopServing stops the servers that there are, one after the other.
func (d *Daemon) stopServing(limit context.Context, servers *sync.WaitGroup, all ...listening) {
	for _, l := range all {
		if l.server != nil {
			if err := l.server.Stop(limit); err != nil {
				d.o.Logger.Warn("requests were cut off", "error", err)
			}
		}
	}
	servers.Wait()
}

func (d *Daemon) close() {
	for _, l := range d.servers() {
		if l.Listener != nil {
			_ = l.Close() // closed already after a regular stop
		}
	}
	if d.store != nil {
		if trouble := d.store.Trouble(); trouble != nil {
			d.leaveWord(trouble)
		}
		if err := d.store.Close(); err != nil {
			d.o.Logger.Error("closing the store", "error", err)
		}
	}
}
