package github

import (
	"slices"
	"time"

	"ticketd/internal/outbound"
)

// The rate limits of GitHub that are told apart (docs: rest/rate-limit). REST calls on issues use up core.
const (
	quotaCore  = "core"
	quotaOther = "other"
)

// QuotaResources lists the names of the rate limits that [Options].Quota is told of.
func QuotaResources() []string {
	return []string{quotaCore, "search", "code_search", "graphql", quotaOther}
}

// seeQuota tells what an answer says of the quota. An Enterprise Server whose limits are off says nothing.
func (t *Tracker) seeQuota(x *outbound.Exchange) {
	q, told := x.Quota()
	if !told || t.o.Quota == nil {
		return
	}
	q.Resource = x.Header.Get("X-RateLimit-Resource")
	switch {
	case q.Resource == "":
		q.Resource = quotaCore
	case !slices.Contains(QuotaResources(), q.Resource):
		q.Resource = quotaOther
	}
	if at, ok := outbound.Count(x.Header.Get("X-RateLimit-Reset")); ok && at < lastReset {
		q.Reset = time.Unix(at, 0).UTC()
	}
	t.o.Quota(q)
}
