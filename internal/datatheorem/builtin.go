package datatheorem

import "ticketd/internal/finding"

// builtin is the table as it ships, but for the user events. The exact names follow the triggers of
// Data Theorem's guide word by word; only POLICY_VIOLATION_RESOLVED was seen in a published body
// (facts/datatheorem.md 2). The patterns cover the other products, which the guide lists together
// with API Secure, and other words for a decision.
func builtin() []Entry {
	return []Entry{
		status("API_SECURE__POLICY_VIOLATION_OPENED", finding.Violation, finding.Open),
		status("API_SECURE__POLICY_VIOLATION_RESOLVED", finding.Violation, finding.Resolved),
		status("API_SECURE__POLICY_VIOLATION_WONT_FIX", finding.Violation, finding.WontFix),
		status("API_SECURE__NETWORK_SERVICE_DISCOVERED", finding.Service, finding.Open),
		status("MOBILE_SECURE__FINDING_TARGET_CREATED", finding.Target, finding.Open),
		status("MOBILE_SECURE__FINDING_TARGET_FIXED", finding.Target, finding.Fixed),
		status("MOBILE_SECURE__FINDING_TARGET_RISK_ACCEPTED", finding.Target, finding.RiskAccepted),
		status("MOBILE_SECURE__FINDING_TARGET_COMPENSATING_CONTROL", finding.Target, finding.CompensatingControl),
		{Type: "MOBILE_SECURE__FINDING_NOTE_CREATED", Class: classNoteCreated},
		{Type: "MOBILE_SECURE__FINDING_NOTE_DELETED", Class: classNoteDeleted},

		{Type: "*__*FINDING_NOTE_CREATED", Class: classNoteCreated},
		{Type: "*__*FINDING_NOTE_DELETED", Class: classNoteDeleted},
		{Type: "*__POLICY_VIOLATION_NOTE_CREATED", Class: classNoteCreated, Kind: finding.Violation},
		{Type: "*__POLICY_VIOLATION_NOTE_DELETED", Class: classNoteDeleted, Kind: finding.Violation},
		{Type: "*_NOTE_*", Class: classIgnored}, // its uuid would be taken for the finding's
		{Type: "*_COMMENT_*", Class: classIgnored},

		status("*__POLICY_VIOLATION_OPENED", finding.Violation, finding.Open),
		status("*__POLICY_VIOLATION_REOPENED", finding.Violation, finding.Open),
		status("*__POLICY_VIOLATION_CREATED", finding.Violation, finding.Open),
		status("*__POLICY_VIOLATION_RESOLVED", finding.Violation, finding.Resolved),
		status("*__POLICY_VIOLATION_CLOSED_RESOLVED", finding.Violation, finding.Resolved),
		status("*__POLICY_VIOLATION*_WONT_FIX", finding.Violation, finding.WontFix),
		status("*__POLICY_VIOLATION*_RISK_ACCEPTED", finding.Violation, finding.RiskAccepted),
		status("*__POLICY_VIOLATION*_COMPENSATING_CONTROL", finding.Violation, finding.CompensatingControl),
		status("*__POLICY_VIOLATION*_EXCEPTION", finding.Violation, finding.WontFix),
		status("*__POLICY_VIOLATION*_EXCEPTION_CREATED", finding.Violation, finding.WontFix),
		status("*__POLICY_VIOLATION*_EXCEPTION_ADDED", finding.Violation, finding.WontFix),
		status("*__POLICY_VIOLATION*_EXCEPTION_GRANTED", finding.Violation, finding.WontFix),

		status("*__*FINDING_TARGET_CREATED", finding.Target, finding.Open),
		status("*__*FINDING_TARGET_OPENED", finding.Target, finding.Open),
		status("*__*FINDING_TARGET_REOPENED", finding.Target, finding.Open),
		status("*__*FINDING_TARGET_FIXED", finding.Target, finding.Fixed),
		status("*__*FINDING_TARGET_CLOSED_FIXED", finding.Target, finding.Fixed),
		status("*__*FINDING_TARGET*_RISK_ACCEPTED", finding.Target, finding.RiskAccepted),
		status("*__*FINDING_TARGET*_COMPENSATING_CONTROL", finding.Target, finding.CompensatingControl),
		status("*__*FINDING_TARGET*_WONT_FIX", finding.Target, finding.WontFix),

		status("*__NETWORK_SERVICE_DISCOVERED", finding.Service, finding.Open),

		// The object is known and the verb is not: the status in the body decides.
		status("*__POLICY_VIOLATION_*", finding.Violation, ""),
		status("*__*FINDING_TARGET_*", finding.Target, ""),
		status("*__NETWORK_SERVICE_*", finding.Service, ""),
	}
}

func status(name string, kind finding.Kind, d finding.Disposition) Entry {
	return Entry{Type: name, Class: classStatus, Kind: kind, Disposition: d}
}
