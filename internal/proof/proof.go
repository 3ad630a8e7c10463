// Package proof is what the proofs of ticketd's promises need inside the product: named points at
// which a test build can die, and mechanisms that it can do without.
//
// In the product both are nothing: At is empty and Without is false, and the compiler removes what
// hangs on them. Built with the tag "proof", they ask the context (a simulation) and then the
// environment (a real process).
package proof

// The environment of a real process that was built for proofs.
const (
	// CrashAt is "POINT:N": the process kills itself, as kill -9 does, when it comes to the point for
	// the Nth time. It says so in its log.
	CrashAt = "TICKETD_PROOF_CRASH_AT"
	// PanicAt is "POINT:N": there it panics instead.
	PanicAt = "TICKETD_PROOF_PANIC_AT"
	// HangAt is "POINT:N": there the goroutine waits for ever instead, with all that it holds.
	HangAt = "TICKETD_PROOF_HANG_AT"
	// DoWithout is a list of mechanisms, separated by commas.
	DoWithout = "TICKETD_PROOF_WITHOUT"
	// Hurry is "N": a tracker call may take, and the first wait after a failure takes, the Nth part of
	// what it would, so that a process which died between an intent and its call is soon done waiting.
	Hurry = "TICKETD_PROOF_HURRY"
	// Lapse is "N": what is forgotten after a time, and how often that is looked at, happens after the
	// Nth part of it, so that months of keeping house fit into a test.
	Lapse = "TICKETD_PROOF_LAPSE"
	// Impatience is "N": who makes no progress is held for hanging after the Nth part of the time.
	Impatience = "TICKETD_PROOF_IMPATIENCE"
)

// Point is a place in the code at which a process may die.
type Point string

// The points, in the order in which an event meets them.
const (
	BodyRead         Point = "receive/body-read"        // authenticated and read, not yet stored
	EventStored      Point = "receive/event-stored"     // on disk, not yet answered
	EventsDecided    Point = "apply/events-decided"     // folded and routed, not yet committed
	EventsApplied    Point = "apply/events-applied"     // committed, nobody woken
	Committing       Point = "store/committing"         // a batch is written, not yet committed
	Committed        Point = "store/committed"          // committed, the side file not yet
	Marked           Point = "store/marked"             // the side file too, nobody answered
	TicketClaimed    Point = "deliver/ticket-claimed"   // leased, nothing done
	StepRecording    Point = "deliver/step-recording"   // done, not yet recorded
	StepRecorded     Point = "deliver/step-recorded"    // recorded
	IntentRecorded   Point = "deliver/intent-recorded"  // C3: the create is about to be sent
	CreateAnswered   Point = "deliver/create-answered"  // C5: it was sent, and nothing is recorded of it
	SearchAnswered   Point = "deliver/search-answered"  // C1: an issue in doubt was looked for
	UnknownRecorded  Point = "deliver/unknown-recorded" // S1: the state is about to be changed
	StateAnswered    Point = "deliver/state-answered"   // S3: it was changed, and nothing is recorded of it
	UpdateRecorded   Point = "deliver/update-recorded"  // the text is about to be written
	UpdateAnswered   Point = "deliver/update-answered"  // it was written, and nothing is recorded of it
	CommentRecorded  Point = "deliver/comment-recorded" // K2: the comment is about to be sent
	CommentAnswered  Point = "deliver/comment-answered" // K3: it was sent, and nothing is recorded of it
	CommentDeleted   Point = "deliver/comment-deleted"  // it was deleted, and nothing is recorded of it
	ProjectListed    Point = "deliver/project-listed"   // the start-up audit has its answer, nothing is sighted
	DuplicateClosed  Point = "deliver/duplicate-closed" // an audit closed a duplicate, nothing is recorded of it
	RecoveryBegun    Point = "daemon/recovery-begun"    // claims were taken back, a restored store not yet noted
	RecoveryFinished Point = "daemon/recovery-finished" // before anything is served
)

// Points gives all points.
func Points() []Point {
	return []Point{BodyRead, EventStored, EventsDecided, EventsApplied, Committing, Committed, Marked,
		TicketClaimed, StepRecording, StepRecorded, IntentRecorded, CreateAnswered, SearchAnswered,
		UnknownRecorded, StateAnswered, UpdateRecorded, UpdateAnswered, CommentRecorded, CommentAnswered,
		CommentDeleted, ProjectListed, DuplicateClosed, RecoveryBegun, RecoveryFinished}
}

// Mechanism is a part of the protocol without which something goes wrong, as an ablation shows.
type Mechanism string

// The mechanisms.
const (
	AckAfterCommit  Mechanism = "ack-after-commit"            // a 2xx is sent after the commit
	FullSync        Mechanism = "full-sync"                   // a commit is on disk, not only on its way there
	Dedupe          Mechanism = "dedupe"                      // the same bytes are one event
	TimeGuard       Mechanism = "time-guard"                  // an older status never overrides a newer one
	Intent          Mechanism = "intent"                      // C3: what is about to be created is on disk
	FindInDoubt     Mechanism = "find-before-create-in-doubt" // C1
	QuietPeriod     Mechanism = "quiet-period"                // C2
	SendDeadline    Mechanism = "send-deadline"               // C4, S2, K2: nothing is sent after a long pause
	Fencing         Mechanism = "fencing"                     // only who holds the lease records
	StartAudit      Mechanism = "start-up-audit"              // issues of ours are listed before the first create
	RestoreRecovery Mechanism = "restore-recovery"            // a restored store forgets what it believes
	UnknownFirst    Mechanism = "unknown-before-state-change" // S1
	CommentSearch   Mechanism = "find-before-comment"         // K3
	LateAudit       Mechanism = "late-audit"                  // C7: late duplicates are closed
)

// Mechanisms gives all mechanisms.
func Mechanisms() []Mechanism {
	return []Mechanism{AckAfterCommit, FullSync, Dedupe, TimeGuard, Intent, FindInDoubt, QuietPeriod, SendDeadline,
		Fencing, StartAudit, RestoreRecovery, UnknownFirst, CommentSearch, LateAudit}
}
