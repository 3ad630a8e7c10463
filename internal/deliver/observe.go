package deliver

// Observer is told what monitoring counts. Its functions may be nil; they must not block.
type Observer struct {
	Doubt     func()             // it is not known whether a create made an issue
	Audit     func(AuditOutcome) // an audit of a project, or of a ticket, is over
	Duplicate func()             // a late duplicate was closed
}

// AuditOutcome is what an audit came to.
type AuditOutcome string

// The outcomes of an audit.
const (
	AuditClean  AuditOutcome = "clean"  // the store knew all that was seen
	AuditFound  AuditOutcome = "found"  // there were issues of ours that it did not know, or duplicates
	AuditFailed AuditOutcome = "failed" // it is tried again
)

// AuditOutcomes lists them.
func AuditOutcomes() []AuditOutcome { return []AuditOutcome{AuditClean, AuditFound, AuditFailed} }

// filled gives the observer with a function everywhere.
func (o Observer) filled() Observer {
	if o.Doubt == nil {
		o.Doubt = func() {}
	}
	if o.Audit == nil {
		o.Audit = func(AuditOutcome) {}
	}
	if o.Duplicate == nil {
		o.Duplicate = func() {}
	}
	return o
}

// audited tells how many issues an audit found that nobody knew of.
func (o Observer) audited(found int, err error) {
	switch {
	case err != nil:
		o.Audit(AuditFailed)
	case found > 0:
		o.Audit(AuditFound)
	default:
		o.Audit(AuditClean)
	}
}
